"""The one flow of the house's jobs. A worker runs it for each run of a job of jobs.yaml; what the job is stands on its node,
where a script of the house begins it as a unit of systemd's. The two speak through a socket, one question a connection."""

import os
import socket

from prefect import flow, get_client, get_run_logger, task
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterStartTime,
    FlowRunFilterTags,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import get_run_context
from prefect.exceptions import Abort
from prefect.logging import get_logger
from prefect.states import Cancelled, Crashed, Failed, Scheduled
from pydantic import BaseModel

DOOR = os.environ.get("HOMELAB_JOBS_SOCKET", "/run/homelab/jobs/socket")
FLOW = "homelab-job"
# The state of a run whose worker vanished, set by an automation: the next worker watches its job on.
LOST = "WorkerLost"
TOLD_LINES = 20


class Next(BaseModel):
    """A job that begins after others."""

    job: str
    after: list[str]
    # Whether one beginning leads to all of them: then they must have succeeded in the same chain.
    chain: bool = True


class JobFailed(Exception):
    def __init__(self, message: str, name: str = "Failed"):
        super().__init__(message)
        self.name = name


class LeftOut(Exception):
    """The predecessor still runs."""


class JobLost(Exception):
    """Nothing is known of how the job ended."""


def ask(*words: str):
    """Asks the node, and yields the lines of its answer."""
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(DOOR)
        door.sendall((" ".join(words) + "\n").encode())
        with door.makefile("r", encoding="utf-8", errors="replace", newline="\n") as answer:
            for line in answer:
                yield line.rstrip("\n")


def chain_of(run) -> str:
    """The id under which all that belongs together is found: the first run's, handed on."""
    return next((tag[4:] for tag in run.tags if tag.startswith("cid:")), run.id.hex)


def states_of(client, run):
    return sorted(client.read_flow_run_states(run.id), key=lambda state: state.timestamp)


def lost_its_worker(states) -> bool:
    """Whether a worker that vanished had begun this run, which has not ended since."""
    since = []
    for state in states:
        since = [] if state.is_final() else [*since, state.name]
    return LOST in since


def too_late(client, run, states) -> bool:
    """Whether somebody else has the run by now. One that did not begin in time is handed over again, and the first worker may
    still come: then the run stays what it was before that."""
    earlier = [state for state in states if state.timestamp < run.state.timestamp]
    if not run.state.is_running() or not earlier or earlier[-1].is_pending():
        return False
    former = earlier[-1]
    if not former.is_running():
        back = Scheduled() if former.is_scheduled() else State(type=former.type, name=former.name, message=former.message)
        client.set_flow_run_state(run.id, back, force=True)
    return True


@task
def attempt(job: str, run: str, cid: str, times: int, lost: bool) -> None:
    log = get_run_logger()
    # A run may be begun again by hand, and each time has its own attempts: what is known of one is not taken for another.
    tries = get_run_context().task_run.run_count
    last: list[str] = []
    for line in ask("watch" if lost and tries == 1 else "run", job, run, f"{times}.{tries}", cid):
        kind, _, rest = line.partition("\t")
        if kind == "out":
            log.info(rest)
            last = [*last[1 - TOLD_LINES :], rest]
        elif kind == "begun":
            log.info("%s correlation_id=%s", rest, cid)
        elif kind == "busy":
            raise LeftOut(rest)
        elif kind == "refused":
            raise JobFailed(rest)
        elif kind == "lost":
            raise JobLost(f"{job}: {rest}")
        elif kind == "ended":
            word, _, why = rest.partition("\t")
            if word == "success":
                return
            tail = "\n".join(last)
            raise JobFailed(f"{job}: {why}\n{tail}".rstrip(), "TimedOut" if word == "timeout" else "Failed")
    raise JobFailed(f"{job}: the node ended the conversation; how the job ended is in its journal")


def worth_another_try(task, task_run, state) -> bool:
    return not isinstance(state.result(raise_on_failure=False), (LeftOut, JobLost))


def stop(flow, flow_run, state) -> None:
    """Somebody stopped the run: the job stops too."""
    for line in ask("stop", flow_run.parameters["job"], str(flow_run.id)):
        get_logger(__name__).info(line)


def begin_next(flow, flow_run, state) -> None:
    """Begins the jobs for which this was the last that they waited for."""
    nexts = [Next.model_validate(one) for one in flow_run.parameters.get("then") or []]
    if not nexts:
        return
    with get_client(sync_client=True) as client:
        cid = chain_of(client.read_flow_run(flow_run.id))
        for one in nexts:
            begin(client, one, cid)


def latest(client, job: str, *, completed: bool, cid: str | None = None):
    """A job's last run."""
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[job])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED])) if completed else None,
            tags=None if cid is None else FlowRunFilterTags(all_=[f"cid:{cid}"]),
        ),
        sort=FlowRunSort.END_TIME_DESC if completed else FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=1,
    )
    return found[0] if found else None


def begin(client, one: Next, cid: str) -> None:
    log = get_logger(__name__)
    done = [latest(client, job, completed=True, cid=cid if one.chain else None) for job in one.after]
    if any(run is None for run in done):
        return
    if one.chain:
        key = f"{one.job} {cid}"
    else:
        # Those that it waits for begin apart: each must have succeeded since it was last begun.
        former = latest(client, one.job, completed=False)
        if former is not None and any(run.end_time <= former.created for run in done):
            return
        key = " ".join([one.job, *sorted(str(run.id) for run in done)])
    deployment = client.read_deployment_by_name(f"{FLOW}/{one.job}")
    if deployment.paused:
        log.info("%s is switched off: it does not begin", one.job)
        return
    # The key makes one run of it, also where two of those before it end at the same moment.
    client.create_flow_run_from_deployment(
        deployment.id, state=Scheduled(), tags=[f"cid:{cid}"], idempotency_key=key
    )


def made_up_for(client, run) -> bool:
    """Whether the job has begun since this run was due. After a while without a worker a job is caught up once: the first run
    that begins makes up for the others that were missed. One that did not come to begin the job does not."""
    if not run.auto_scheduled:
        return False
    # When it first began: one that somebody begins again by hand is not left out for what ran in between.
    began = client.read_flow_run(run.id).start_time
    since = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[run.deployment_id]),
            start_time=FlowRunFilterStartTime(after_=run.expected_start_time, before_=began),
        ),
    )
    # Prefect takes the time at which one is due where it has not begun.
    before = [one for one in since if one.start_time is not None and (one.start_time, one.id) < (began, run.id)]
    return any(not one.state.is_cancelled() and not one.state.is_crashed() for one in before)


@flow(name=FLOW, on_completion=[begin_next], on_cancellation=[stop])
def job(job: str, retries: int = 0, backoff: int = 30, then: list[Next] = []):
    run = get_run_context().flow_run
    cid = chain_of(run)
    with get_client(sync_client=True) as client:
        states = states_of(client, run)
        if too_late(client, run, states):
            raise Abort("it was handed over again: this worker came too late")
        lost = lost_its_worker(states)
        if not lost and made_up_for(client, run):
            return Cancelled(message="left out: the job has begun since this run was due")
        if f"cid:{cid}" not in run.tags:
            client.update_flow_run(run.id, tags={*run.tags, f"cid:{cid}"})
    tried = attempt.with_options(
        name=job,
        retries=retries,
        retry_delay_seconds=[min(backoff * 2**i, 86_400) for i in range(retries)] or None,
        retry_condition_fn=worth_another_try,
    )
    try:
        tried(job, str(run.id), cid, run.run_count, lost)
    except LeftOut as busy:
        return Cancelled(message=f"left out: {busy}")
    except JobLost as gone:
        return Crashed(message=str(gone))
    except JobFailed as failed:
        return Failed(message=str(failed), name=failed.name)
