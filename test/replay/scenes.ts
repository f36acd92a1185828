/** What must be recorded: what the scenes of today show, and what earlier builds recorded in shapes that no build makes any more. */
import { CALM } from '../support/histories';
import { FAILED } from '../support/histories-failed';
import { SLOW } from '../support/histories-slow';

export const SCENES = [...CALM, ...FAILED, ...SLOW];

const EARLIER = [
  'groupConverge.gone',
  'groupConverge.refused-port',
  'groupConverge.restored',
  'groupConverge.served',
  'groupUpdate.served',
  'instanceCreate.compensated',
  'instanceCreate.succeeded',
  'instanceDelete.succeeded',
  'instanceFail.succeeded',
  'instanceMigrate.compensated',
  'instanceMigrate.succeeded',
  'instanceReconfigure.failed',
  'instanceReconfigure.succeeded',
  'instanceStart.again',
  'instanceStart.cancelled',
  'instanceStart.compensated',
  'instanceStart.several',
  'instanceStart.succeeded',
  'instanceStart.superseded',
  'instanceStart.switch-failed',
  'instanceStop.succeeded',
];

/** `<type>.<outcome>` */
export const REQUIRED = [...EARLIER, ...SCENES.flatMap((scene) => scene.names)].toSorted();
