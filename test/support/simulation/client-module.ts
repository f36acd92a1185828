/** Stands for `@temporalio/client`, of which activities use one error. */
export class WorkflowNotFoundError extends Error {}
