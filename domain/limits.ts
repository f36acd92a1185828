/**
 * Every bound of rackcast, in one file, with the relations between them asserted where they are loaded.
 *
 * Times are milliseconds, sizes bytes, unless the name says otherwise. Where a number is somebody else's limit, the comment
 * names whose.
 */
export const LIMITS = {
  /** Oxide: MAX_MULTICAST_GROUPS_PER_INSTANCE. */
  groupsPerInstance: 32,
  sourcesPerGroup: 64,
  /** DPD refuses a larger body. */
  switchBodyBytes: 10_240,
  /** DPD: bytes of a tag. */
  tagLength: 80,
  /** 24-bit Geneve VNI. */
  vniMax: 0xff_ffff,
  /** VNI of a group without a VPC; below every VNI a VPC can get. */
  vniDefault: 77,
  vlanMin: 2,
  vlanMax: 4094,
  /** Salts tried before an underlay address is given up; the column holds 0..255. */
  underlaySalts: 256,
  rearPorts: 32,
  nameLength: 63,
  descriptionLength: 512,

  batchEvents: 1000,
  requestBodyBytes: 1_048_576,
  /** What one API token may ask of one API process: at once, and in the long run. */
  requestBurst: 2_000,
  requestsPerSecond: 500,
  /** What one remote address may try without a valid token: at once, and in the long run. */
  attemptBurst: 300,
  attemptsPerSecond: 10,
  /** A request's header, and all of it, must have arrived within this. */
  requestHeaderMs: 10_000,
  requestMs: 30_000,
  /** A connection on which nothing moves; longer than any request waits for its answer. */
  silentConnectionMs: 90_000,
  /** One statement of an API request, and its wait for one lock. */
  statementMs: 20_000,
  lockMs: 10_000,
  /** Temporal's SQL visibility: bytes of one search attribute value. */
  searchAttributeBytes: 2048,
  /** Events that share one run of their workflow: their instance ids must fit one search attribute value. */
  eventsPerRun: 48,
  /** Events of a kind that come so soon after others share the next run. */
  gatherStartsMs: 100,
  /** A run's first step stays so long for its rounds, before the run waits for a signal. Well within a workflow's task. */
  claimWaitMs: 3_000,
  /** Workflow tasks, and local activities, that one worker has under way at most. */
  workflowTasks: 512,
  /** Of those, how many may stay for their rounds, or wait for events to share a round: the rest is left for those that they wait for. */
  stayingClaims: 96,
  gatheringRounds: 256,
  /** Workflows that one worker keeps in memory. */
  cachedWorkflows: 1_000,
  /** What one worker does at once: claims, which change rows, and first attempts at rounds; and how long one of them counts. */
  claimsAtOnce: 4,
  roundsAtOnce: 8,
  turnMs: 250,
  /**
   * A round waits no longer than this for events that are about to change rows, for those whose claims are in line in its own worker,
   * and no more once so many wait for it; it looks so often.
   */
  gatherRoundMs: 1_000,
  gatherLineMs: 6_000,
  gatheredEvents: 96,
  backlogLookMs: 50,

  /** One HTTP call to a switch daemon or a sled agent. Shorter than the activity around it, so a late write is over before the retry. */
  switchCallMs: 5_000,
  sledCallMs: 3_000,
  switchConnections: 8,
  sledConnections: 16,
  /** One attempt of an activity that programs one switch (a few calls). */
  switchAttemptMs: 25_000,
  /** Attempts at a switch that answers, but with an error of its own. */
  switchAttempts: 5,
  /** Attempts at restoring a switch that answers with errors; then it leaves service. */
  undoAttempts: 25,
  /** Attempts at a switch that is being brought back. */
  resyncingAttempts: 1,
  switchRetryMs: 250,
  switchRetryMaxMs: 3_000,
  /** An activity at a switch or a sled that says nothing for this long has lost its worker. Longer than one call. */
  heartbeatMs: 8_000,
  /** All attempts at one switch in one round; an unreachable one leaves service long before. */
  switchStepMs: 120_000,
  /** A switch that is not in service is written to, but not waited for longer than this. */
  resyncingStepMs: 10_000,
  sledAttemptMs: 9_000,
  /** The first attempt at a whole round: gathering, waiting in line, leaves, switches and joins one after the other. */
  roundAttemptMs: 120_000,
  sledAttempts: 2,
  sledStepMs: 10_000,

  healthEveryMs: 5_000,
  healthCallMs: 2_000,
  /** Groups that are under way while a switch is brought back, and how many of its own it may have whatever else is. */
  resyncAtOnce: 64,
  resyncAtLeast: 8,
  /** How often it is looked whether more can be asked and whether it counts again, and how many times in one try. */
  resyncLookMs: 250,
  resyncLooks: 120,
  /** Tries to bring a switch back, and the pauses between them: from the first, doubled up to the last. */
  resyncTries: 7,
  resyncPauseMs: 250,
  resyncPauseMaxMs: 2_000,
  /** Consecutive failed checks until a switch is unreachable. */
  healthFailures: 3,
  /** Slack of the boot time computed from an uptime in whole seconds. */
  bootSlackS: 3,
  /** A group that a returning switch failed on is asked again for it no sooner than this. */
  behindAgainMs: 10_000,
  /** Upper bound of the time from the last good answer to "unreachable". */
  detectionMs: 40_000,

  /** How long the update of a group waits for its round. */
  updateWaitMs: 30_000,
  /** What the request allows its saga beyond that. */
  updateGraceMs: 5_000,
  /** How long an event's workflow waits for its groups. */
  waitMs: 180_000,
  /** A group's oldest unserved request older than this is signalled again by whoever asks next. */
  staleRequestMs: 8_000,
  /** Rounds of a deletion that ask silent sleds before the group goes without their answer. */
  leaveTries: 5,
  /** A round commits what it has when sleds take longer than this. */
  slowSledMs: 1_000,
  /** A group workflow with nothing to do waits this long for more before it completes. */
  lingerMs: 3_000,
  /** A failed round is tried again within its workflow if the pause is at most this; else by reconciliation. */
  retryInWorkflowMs: 10_000,
  retryMinMs: 1_000,
  retryMaxMs: 60_000,
  /** History events after which a group workflow continues as new. */
  historyEvents: 2_000,

  reconcileEveryMs: 60_000,
  /** Reconciliation looks again for what it has handed over after this, twice that, … */
  settleFirstMs: 250,
  settleLastMs: 16_000,
  /** Unclaimed events younger than this are left to the API that accepted them. */
  redeliverAfterMs: 5_000,
  reconcilePage: 500,
  /** Pages of members that one pass repairs, a transaction each. */
  repairPages: 20,
  /** Days that repaired drift is remembered. */
  driftKeptDays: 30,
  redeliverBatch: 500,
} as const;

const relations: [string, boolean][] = [
  ['a call to a switch ends before its activity', LIMITS.switchCallMs * 4 < LIMITS.switchAttemptMs],
  [
    'a call is over before its worker counts as dead',
    LIMITS.switchCallMs < LIMITS.heartbeatMs && LIMITS.sledCallMs < LIMITS.heartbeatMs,
  ],
  [
    'a first attempt outlasts all that it asks',
    LIMITS.gatherLineMs +
      (LIMITS.workflowTasks / LIMITS.roundsAtOnce) * LIMITS.turnMs +
      3 * (LIMITS.sledAttemptMs + LIMITS.sledCallMs) +
      10 * LIMITS.switchCallMs <
      LIMITS.roundAttemptMs,
  ],
  ['a call to a sled ends before its activity', LIMITS.sledCallMs < LIMITS.sledAttemptMs],
  [
    'checks fit the detection bound',
    (LIMITS.healthEveryMs + LIMITS.healthCallMs) * (LIMITS.healthFailures + 1) < LIMITS.detectionMs,
  ],
  ['an event waits longer than detection takes', LIMITS.detectionMs < LIMITS.waitMs],
  ['a step at a switch outlasts detection', LIMITS.detectionMs < LIMITS.switchStepMs],
  ['an event waits longer than a step at a switch', LIMITS.switchStepMs < LIMITS.waitMs],
  [
    'an update is answered before its connection counts as dead',
    LIMITS.updateWaitMs + LIMITS.updateGraceMs < LIMITS.silentConnectionMs,
  ],
  ['a lock is given up before its statement', LIMITS.lockMs < LIMITS.statementMs],
  ['instance ids of a run fit one search attribute', LIMITS.eventsPerRun * 39 < LIMITS.searchAttributeBytes],
  ['a try to bring a switch back ends before its activity', LIMITS.resyncLookMs * LIMITS.resyncLooks < 150_000],
  ['a request is not stale while its round may gather more', LIMITS.gatherLineMs < LIMITS.staleRequestMs],
  ['whatever is under way is in memory', LIMITS.workflowTasks <= LIMITS.cachedWorkflows],
  [
    'whoever waits leaves slots for what is waited for',
    LIMITS.stayingClaims + LIMITS.gatheringRounds < LIMITS.workflowTasks,
  ],
  ['a pass ends before the next', LIMITS.settleLastMs * 2 < LIMITS.reconcileEveryMs],
  ['retries in a workflow are the short ones', LIMITS.retryInWorkflowMs < LIMITS.retryMaxMs],
];

for (const [relation, holds] of relations) {
  if (!holds) throw new Error(`domain/limits.ts: does not hold: ${relation}`);
}
