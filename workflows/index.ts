/** Every workflow type that the worker runs; the exported name is the type. */
export { groupConverge } from './group-converge';
export { groupUpdate } from './group-update';
export { instanceCreate } from './instance-create';
export { instanceDelete } from './instance-delete';
export { instanceFail } from './instance-fail';
export { instanceMigrate } from './instance-migrate';
export { instanceReconfigure } from './instance-reconfigure';
export { instanceStart } from './instance-start';
export { instanceStop } from './instance-stop';
export { reconcile } from './reconcile';
export { switchResync } from './switch-resync';
export { switchHealth } from './switch-health';
