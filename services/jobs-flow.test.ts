import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

/** job_flow.py with played modules. */
const played = `
import importlib.util, json, sys, types
from unittest.mock import MagicMock
for name in ["prefect", "prefect.client", "prefect.client.schemas", "prefect.client.schemas.filters", "prefect.client.schemas.objects",
             "prefect.client.schemas.sorting", "prefect.context", "prefect.exceptions", "prefect.logging", "prefect.states"]:
    sys.modules[name] = MagicMock()
sys.modules["pydantic"] = types.SimpleNamespace(BaseModel=object)
sys.modules["prefect.client.schemas.objects"].State = lambda **of: of["name"]
sys.modules["prefect.states"].Scheduled = lambda: "Scheduled"
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("job_flow", sys.argv[1])
job_flow = importlib.util.module_from_spec(spec)
spec.loader.exec_module(job_flow)
`;

/** Whether a worker that begins a run comes too late, and what it puts the run back to. */
const tooLate = `
def state(at, name):
    kind = {"Submitting": "Pending", "HandedOverAgain": "Scheduled", "AwaitingRetry": "Scheduled"}.get(name, name)
    of = {f"is_{one.lower()}": (lambda one=one: kind == one) for one in ["Pending", "Running", "Scheduled"]}
    return types.SimpleNamespace(timestamp=at, type=kind, name=name, message=None, **of)

class Client:
    put = None
    def __init__(self, states):
        self.states = states
    def read_flow_run_states(self, run):
        return self.states[::-1]
    def set_flow_run_state(self, run, state, force):
        self.put = state

said = []
for names in json.loads(sys.argv[2]):
    states = [state(at, name) for at, name in enumerate(names)]
    client = Client(states)
    run = types.SimpleNamespace(id="x", state=states[-1])
    late = job_flow.too_late(client, run, job_flow.states_of(client, run))
    said.append([late, client.put])
print(json.dumps(said))
`;

/** Whether a run's job is watched on, instead of begun, by the states that the run had. */
const watchedOn = `
final = ["Completed", "Failed", "TimedOut", "Crashed", "Cancelled"]
states = lambda names: [types.SimpleNamespace(name=name, is_final=lambda name=name: name in final) for name in names]
print(json.dumps([job_flow.lost_its_worker(states(names)) for names in json.loads(sys.argv[2])]))
`;

/** Of runs in the order in which they were due, whether the last is made up for. */
const madeUpFor = `
def run(id, due, began, state="Completed", auto=True):
    of = {f"is_{one.lower()}": (lambda one=one: state == one) for one in ["Cancelled", "Crashed"]}
    return types.SimpleNamespace(id=id, deployment_id="d", auto_scheduled=auto, expected_start_time=due, start_time=began,
                                 state=types.SimpleNamespace(**of))

class Runs:
    def __init__(self, runs):
        self.runs = runs
    def read_flow_run(self, id):
        return next(one for one in self.runs if one.id == id)
    def read_flow_runs(self, flow_run_filter):
        after, before = self.asked
        return [one for one in self.runs if after <= (one.start_time or one.expected_start_time) <= before]

said = []
job_flow.FlowRunFilterStartTime = lambda after_, before_: setattr(Runs, "asked", (after_, before_))
for runs in json.loads(sys.argv[2]):
    found = [run(id, *one) for id, one in enumerate(runs)]
    said.append(job_flow.made_up_for(Runs(found), found[-1]))
print(json.dumps(said))
`;

function inPython(program: string, given: unknown): unknown {
  const flow = join(__dirname, "files/job_flow.py");
  const words = ["-c", played + program, flow, JSON.stringify(given)];
  return JSON.parse(execFileSync("python3", words, { encoding: "utf8" }));
}

it("a worker begins a run that is handed to it, and leaves one that was handed over again meanwhile as it was", () => {
  const handed = ["Scheduled", "Pending", "Submitting"];
  const again = [...handed, "HandedOverAgain"];
  const cases: readonly (readonly [states: readonly string[], late: boolean, put: string | null])[] = [
    [[...handed, "Running"], false, null],
    [[...again, "Pending", "Running"], false, null],
    [[...handed, "Running", "Failed", "AwaitingRetry", "Pending", "Running"], false, null],
    // Somebody cancelled it as it began: that is looked after elsewhere.
    [[...handed, "Running", "Cancelling"], false, null],
    [[...again, "Running"], true, "Scheduled"],
    [[...again, "Pending", "Running", "Running"], true, null],
    [[...again, "Pending", "Running", "Completed", "Running"], true, "Completed"],
    [[...handed, "Crashed", "Running"], true, "Crashed"],
  ];
  const said = inPython(
    tooLate,
    cases.map(([states]) => states),
  );
  expect(said).toEqual(cases.map(([, late, put]) => [late, put]));
}, 60_000);

it("a run whose worker vanished is watched on by the next, however often it is handed over, and is begun again once it has ended", () => {
  const begun = ["Scheduled", "Pending", "Running"];
  const lost = [...begun, "WorkerLost"];
  const next = ["Pending", "Running"];
  const cases: readonly (readonly [states: readonly string[], watched: boolean])[] = [
    [begun, false],
    [[...lost, ...next], true],
    [[...lost, "Pending", "HandedOverAgain", ...next], true],
    // The first of two that came late put it back.
    [[...lost, "Pending", "HandedOverAgain", "Running", "Scheduled", ...next], true],
    [[...lost, ...next, "WorkerLost", ...next], true],
    // Somebody begins it again by hand.
    [[...lost, "Crashed", "AwaitingRetry", ...next], false],
    [[...lost, ...next, "Completed", "AwaitingRetry", ...next], false],
    [[...begun, "Failed", "AwaitingRetry", ...next], false],
  ];
  const said = inPython(
    watchedOn,
    cases.map(([states]) => states),
  );
  expect(said).toEqual(cases.map(([, watched]) => watched));
}, 60_000);

it("of the runs that were missed the first to begin makes up for the others, unless it did not come to begin the job", () => {
  const run = (due: number, began: number | null, state = "Completed", auto = true) => [
    due,
    began,
    state,
    auto,
  ];
  type Run = ReturnType<typeof run>;
  const cases: readonly (readonly [runs: readonly Run[], left: boolean])[] = [
    [[run(10, 10)], false],
    // The one before it began in its own time.
    [[run(0, 1), run(10, 10)], false],
    [[run(0, 11), run(10, 12)], true],
    // Both at the same moment: the one of them, and not the other.
    [[run(0, 12), run(10, 12)], true],
    [[run(10, 12), run(0, 11)], false],
    [[run(0, 11, "Failed"), run(10, 12)], true],
    // It was not begun, because another one was just being begun; or its worker was lost.
    [[run(0, 11, "Cancelled"), run(10, 12)], false],
    [[run(0, 11, "Crashed"), run(10, 12)], false],
    [[run(0, 11, "Cancelled"), run(5, 11, "Cancelled"), run(10, 12)], false],
    // Begun by hand in between, and one that is begun by hand itself.
    [[run(0, 11, "Completed", false), run(10, 12)], true],
    [[run(0, 11), run(10, 12, "Running", false)], false],
    // Due since, and not begun.
    [[run(11, null, "Late"), run(10, 12)], false],
    // Of a clock that was ahead.
    [[run(0, 90), run(10, 12)], false],
  ];
  const said = inPython(
    madeUpFor,
    cases.map(([runs]) => runs),
  );
  expect(said).toEqual(cases.map(([, left]) => left));
}, 60_000);
