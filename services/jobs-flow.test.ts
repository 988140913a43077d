import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

/** job_flow.py with played modules: whether a worker that begins a run comes too late, and what it puts the run back to. */
const program = `
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
    late = job_flow.too_late(client, types.SimpleNamespace(id="x", state=states[-1]))
    said.append([late, client.put])
print(json.dumps(said))
`;

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
  const flow = join(__dirname, "files/job_flow.py");
  const words = ["-c", program, flow, JSON.stringify(cases.map(([states]) => states))];
  const said: unknown = JSON.parse(execFileSync("python3", words, { encoding: "utf8" }));
  expect(said).toEqual(cases.map(([, late, put]) => [late, put]));
}, 60_000);
