/** Mistakes on purpose: a simulator that lets one pass sees nothing. */
import type { Step } from "../../../control/checkpoint/coordinator.ts";
import type { Action, Event, State, StateFile } from "./sim-job.ts";

type SimStep = Step<StateFile>;

export interface Bug {
  /** In place of what the coordinator did. */
  step?(before: State, event: Event, sound: SimStep): SimStep;
  readonly skipsSync?: boolean;
  readonly skipsAlignment?: boolean;
  readonly acknowledgesEarly?: boolean;
  readonly finishesEarly?: boolean;
  readonly stopsEarly?: boolean;
}

/** The same steps with other actions. */
function acting(change: (action: Action, sound: SimStep, before: State) => readonly Action[]): Bug {
  return {
    step: (before, _event, sound) => ({
      state: sound.state,
      actions: sound.actions.flatMap((action) => change(action, sound, before)),
    }),
  };
}

function withState(change: (sound: State, before: State, event: Event) => Partial<State>): Bug {
  return {
    step: (before, event, sound) => ({
      state: { ...sound.state, ...change(sound.state, before, event) },
      actions: sound.actions,
    }),
  };
}

const running = (state: State) =>
  [...state.subtasks].map(([subtask, { attempt }]) => ({ subtask, attempt }));

export const BUGS: Readonly<Record<string, Bug>> = {
  "files are not synced": { skipsSync: true },
  "barriers are passed without alignment": { skipsAlignment: true },
  "a subtask acknowledges before its file is written": { acknowledgesEarly: true },
  "a subtask reports that it has finished before it has acknowledged": { finishesEarly: true },
  "a subtask finishes before the savepoint that stops it is complete": { stopsEarly: true },
  "sinks commit before the manifest is written": acting((action, { state }) =>
    action.kind === "write-manifest"
      ? [
          action,
          {
            kind: "notify-complete",
            checkpointId: action.checkpointId,
            attempts: running(state),
          },
        ]
      : [action],
  ),
  "a manifest lacks a subtask": acting((action) =>
    action.kind === "write-manifest"
      ? [{ ...action, states: new Map([...action.states].slice(1)) }]
      : [action],
  ),
  "a manifest says that a subtask had finished": acting((action) => {
    if (action.kind !== "write-manifest") return [action];
    const [[first] = [""]] = [...action.states];
    return [{ ...action, states: new Map(action.states).set(first, null) }];
  }),
  "ids of checkpoints begin again after a restart": withState((state, before) => {
    const hasRestarted = before.restarting !== null && state.restarting === null;
    const last = state.completed.at(-1)?.checkpointId ?? 0;
    return hasRestarted ? { nextCheckpointId: last + 1 } : {};
  }),
  "the timer of an expiry is forgotten": acting((action, { actions }) =>
    action.kind === "set-timer" && actions.some(({ kind }) => kind === "begin-checkpoint")
      ? []
      : [action],
  ),
  "the timer of a restart is forgotten": acting((action, { state }) =>
    action.kind === "set-timer" && action.timerId === state.restarting?.timer ? [] : [action],
  ),
  "a restart does not wait for the old attempt": {
    step: (_before, _event, sound) => {
      const canceled = sound.actions.find(({ kind }) => kind === "cancel-subtasks");
      if (canceled?.kind !== "cancel-subtasks") return sound;
      const attempts = canceled.attempts.map(({ subtask, attempt }) => ({
        subtask,
        attempt: attempt + 1,
      }));
      const checkpointId = sound.state.completed.at(-1)?.checkpointId ?? null;
      const restart: Action = { kind: "restart", attempts, isGlobal: false, checkpointId };
      return { state: sound.state, actions: [...sound.actions, restart] };
    },
  },
  "a restart takes the checkpoint before the last one": acting((action, { state }) =>
    action.kind === "restart"
      ? [{ ...action, checkpointId: state.completed.at(-2)?.checkpointId ?? null }]
      : [action],
  ),
  "only what has failed starts again": acting((action, _sound, before) =>
    action.kind === "restart" && action.attempts.length > 1
      ? [{ ...action, attempts: action.attempts.slice(0, 1) }]
      : before.job === "ending"
        ? []
        : [action],
  ),
  "the last checkpoint is deleted": acting((action) =>
    action.kind === "notify-complete"
      ? [action, { kind: "discard-checkpoint", checkpointId: action.checkpointId }]
      : [action],
  ),
  "subsumed checkpoints are kept for ever": acting((action, { state }) =>
    action.kind === "discard-checkpoint" && state.job === "running" ? [] : [action],
  ),
  "aborted checkpoints are committed": acting((action) =>
    action.kind === "notify-aborted" ? [{ ...action, kind: "notify-complete" }] : [action],
  ),
  "a late acknowledgement leaves its file": acting((action) =>
    action.kind === "discard-state" ? [] : [action],
  ),
  "nobody is told that a checkpoint is complete": acting((action) =>
    action.kind === "notify-complete" ? [] : [action],
  ),
  "nobody is told that a checkpoint is aborted": acting((action) =>
    action.kind === "notify-aborted" ? [] : [action],
  ),
  "an answer is given twice": acting((action) =>
    action.kind === "answer" ? [action, action] : [action],
  ),
  "an answer is forgotten": acting((action) => (action.kind === "answer" ? [] : [action])),
  "the pause is forgotten": withState((state) =>
    state.completedMs === null ? {} : { completedMs: -1_000_000 },
  ),
  "checkpoints in flight are not counted": {
    step: (before, event, sound) => {
      const isPeriodic = event.kind === "timer" && event.timerId === before.periodicTimer;
      if (!isPeriodic || sound.state.due === null) return sound;
      const checkpointId = sound.state.nextCheckpointId;
      const like = [...sound.state.pending.values()].find(({ type }) => type === "checkpoint");
      if (like === undefined) return sound;
      const pending = new Map(sound.state.pending).set(checkpointId, { ...like, checkpointId });
      return {
        state: { ...sound.state, pending, nextCheckpointId: checkpointId + 1 },
        actions: sound.actions,
      };
    },
  },
  "consumers of what has finished get no trigger": acting((action, _sound) =>
    action.kind === "trigger"
      ? [
          {
            ...action,
            attempts: action.attempts.filter(({ subtask }) => subtask.startsWith("source")),
          },
        ]
      : [action],
  ),
  "the number of restarts is not counted": withState((_state, before) => ({
    restarts: before.restarts,
  })),
  "one restart too few is allowed": {
    step: (before, _event, sound) => {
      const restarts = { ...sound.state.restarts };
      const isFirst = before.restarts.attempts === 0 && restarts.attempts === 1;
      const state = isFirst
        ? { ...sound.state, restarts: { ...restarts, attempts: 2 } }
        : sound.state;
      return { state, actions: sound.actions };
    },
  },
  "a failure does not abort what is in flight": {
    step: (before, event, sound) => {
      if (event.kind !== "failed" || before.pending.size === 0) return sound;
      const state = { ...sound.state, pending: before.pending };
      const isAbort = ({ kind }: Action) =>
        kind === "notify-aborted" || kind === "discard-checkpoint";
      return { state, actions: sound.actions.filter((action) => !isAbort(action)) };
    },
  },
  "an acknowledgement counts for a subtask that gave none": {
    step: (_before, event, sound) => {
      if (event.kind !== "acknowledged") return sound;
      const checkpoint = sound.state.pending.get(event.checkpointId);
      if (checkpoint === undefined || checkpoint.unacknowledged.size !== 1) return sound;
      const pending = new Map(sound.state.pending);
      pending.set(event.checkpointId, {
        ...checkpoint,
        phase: "writing",
        unacknowledged: new Set(),
      });
      const { checkpointId, type, mode, stop, states } = checkpoint;
      const write: Action = { kind: "write-manifest", checkpointId, type, mode, stop, states };
      return { state: { ...sound.state, pending }, actions: [...sound.actions, write] };
    },
  },
};
