import type { Entry, Section } from "./text";
import { environmentWord, joinWords, literal } from "./words";

/** [Unit]: what the unit is and what it waits for. */
export interface UnitSection {
  description: string;
  /** Units started before this one. */
  after?: readonly string[];
  /** Units that must be started before this one; implies no requirement. */
  before?: readonly string[];
  wants?: readonly string[];
  requires?: readonly string[];
  /** Units with which this one is stopped, however they end. */
  bindsTo?: readonly string[];
  /** Units with which this one is stopped and restarted, but not started. */
  partOf?: readonly string[];
  /** Units that this one's start stops, and whose start stops this one. */
  conflicts?: readonly string[];
  documentation?: readonly string[];
  /** Never give up restarting: systemd's own limit is 5 starts in 10 s. @default the limit of systemd */
  startLimitIntervalSec?: number;
  /** Paths whose file systems must be mounted first. */
  requiresMountsFor?: readonly string[];
  defaultDependencies?: boolean;
}

/** [Install]: quadlets are enabled by it alone, `systemctl enable` refuses generated units. */
export interface InstallSection {
  wantedBy: readonly string[];
}

/** What quadlets and plain services share in [Service]. Times are seconds. */
export interface ServiceSection {
  type?: "oneshot" | "simple" | "exec" | "notify" | "notify-reload" | "forking";
  remainAfterExit?: boolean;
  restart?: "always" | "on-failure" | "no";
  restartSec?: number;
  /** Exit codes after which it is not started again, whatever `restart` says. */
  restartPreventExitStatus?: readonly number[];
  timeoutStartSec?: number;
  timeoutStopSec?: number;
  /** Commands, argument by argument; the first is an absolute path. */
  execStart?: readonly (readonly string[])[];
  execStartPre?: readonly (readonly string[])[];
  execStartPost?: readonly (readonly string[])[];
  execReload?: readonly (readonly string[])[];
  execStop?: readonly (readonly string[])[];
  /** Run after the service has ended, however it ended. */
  execStopPost?: readonly (readonly string[])[];
  /** What a stop ends: all processes of the unit, or the main one alone. @default control-group */
  killMode?: "control-group" | "mixed" | "process";
  /** Lets the service make control groups of its own. */
  delegate?: boolean;
  /** Processes and threads at most. @default 15 % of what the system allows */
  tasksMax?: number | "infinity";
  environment?: Readonly<Record<string, string>>;
  user?: string;
  /** `data`: the lines of standardInputText; `socket`: the connection that a socket unit has accepted. */
  standardInput?: "data" | "socket";
  standardInputText?: readonly string[];
  /** Memory that the service is never given more of, e.g. `512M`. */
  memoryMax?: string;
  /** Whom its processes may speak to by IP. @default anybody */
  reaches?: "loopback";
  /** A service that runs for longer is ended. */
  runtimeMaxSec?: number;
  /** -20 (first) to 19 (after all others), for the processor; `idle` for the disk goes with 19. @default 0 */
  nice?: number;
}

/** [Timer]: when another unit is started. Times are seconds. */
export interface TimerSection {
  /** @see systemd.time(7) "Calendar events" */
  onCalendar?: readonly string[];
  /** After the timer itself was started. */
  onActiveSec?: number;
  /** After the other unit has ended. */
  onUnitInactiveSec?: number;
  /** How much later than asked for it may be, so that timers can share a moment. @default 60 */
  accuracySec?: number;
  /** What was missed while the machine was off is done when it is on again. */
  persistent?: boolean;
}

/** [Socket]: a port, or a socket in the file system, whose connections systemd hands to a service, one process each. */
export interface SocketSection {
  /** `ADDRESS:PORT`, or an absolute path. */
  listenStream: string;
  /** Octal, of a socket in the file system. @default 0666, systemd's */
  socketMode?: string;
  /** Also when the machine has not got the address yet. */
  freeBind?: boolean;
  maxConnections?: number;
}

type Value = string | number | boolean | undefined;

/** A line for a value that may be left out. */
export function entry(key: string, value: Value): Entry[] {
  return value === undefined ? [] : [{ key, value: literal(String(value)) }];
}

/** A line for each value; lists of unit names may share one line. */
function entries(key: string, values: readonly string[] | undefined): Entry[] {
  return (values ?? []).map((value) => ({ key, value: literal(value) }));
}

const commands = (key: string, argvs: readonly (readonly string[])[] | undefined): Entry[] =>
  (argvs ?? []).map((argv) => ({ key, value: joinWords(argv) }));

export function unitSection(unit: UnitSection): Section {
  return {
    name: "Unit",
    entries: [
      ...entry("Description", unit.description),
      ...entries("Documentation", unit.documentation),
      ...entry("DefaultDependencies", unit.defaultDependencies),
      ...entries("After", unit.after),
      ...entries("Before", unit.before),
      ...entries("Wants", unit.wants),
      ...entries("Requires", unit.requires),
      ...entries("BindsTo", unit.bindsTo),
      ...entries("PartOf", unit.partOf),
      ...entries("Conflicts", unit.conflicts),
      ...entries("RequiresMountsFor", unit.requiresMountsFor),
      ...entry("StartLimitIntervalSec", unit.startLimitIntervalSec),
    ],
  };
}

export function serviceSection(service: ServiceSection): Section {
  return {
    name: "Service",
    entries: [
      ...entry("Type", service.type),
      ...entry("RemainAfterExit", service.remainAfterExit),
      ...entry("User", service.user),
      ...entry("Nice", service.nice),
      ...entry("IOSchedulingClass", service.nice === 19 ? "idle" : undefined),
      ...Object.keys(service.environment ?? {})
        .sort()
        .map((key) => ({
          key: "Environment",
          value: environmentWord(key, service.environment?.[key] ?? ""),
        })),
      ...commands("ExecStartPre", service.execStartPre),
      ...commands("ExecStart", service.execStart),
      ...commands("ExecStartPost", service.execStartPost),
      ...commands("ExecReload", service.execReload),
      ...commands("ExecStop", service.execStop),
      ...commands("ExecStopPost", service.execStopPost),
      ...entry("KillMode", service.killMode),
      ...entry("Delegate", service.delegate),
      ...entry("TasksMax", service.tasksMax),
      ...entry("MemoryMax", service.memoryMax),
      ...(service.reaches === undefined
        ? []
        : [...entry("IPAddressAllow", "localhost"), ...entry("IPAddressDeny", "any")]),
      ...entry("Restart", service.restart),
      ...entry("RestartSec", service.restartSec),
      ...entry("RestartPreventExitStatus", service.restartPreventExitStatus?.join(" ")),
      ...entry("TimeoutStartSec", service.timeoutStartSec),
      ...entry("TimeoutStopSec", service.timeoutStopSec),
      ...entry("RuntimeMaxSec", service.runtimeMaxSec),
      ...entry("StandardInput", service.standardInput),
      ...(service.standardInputText ?? []).map((line) => ({
        key: "StandardInputText",
        value: literal(line.replaceAll("\\", "\\\\").replaceAll("\t", "\\t")),
      })),
    ],
  };
}

export function timerSection(timer: TimerSection): Section {
  return {
    name: "Timer",
    entries: [
      ...entries("OnCalendar", timer.onCalendar),
      ...entry("OnActiveSec", timer.onActiveSec),
      ...entry("OnUnitInactiveSec", timer.onUnitInactiveSec),
      ...entry("AccuracySec", timer.accuracySec),
      ...entry("Persistent", timer.persistent),
    ],
  };
}

export function socketSection(socket: SocketSection): Section {
  return {
    name: "Socket",
    entries: [
      ...entry("ListenStream", socket.listenStream),
      ...entry("SocketMode", socket.socketMode),
      { key: "Accept", value: "yes" },
      ...entry("FreeBind", socket.freeBind),
      ...entry("MaxConnections", socket.maxConnections),
    ],
  };
}

export function installSection(install: InstallSection | undefined): Section {
  return { name: "Install", entries: entries("WantedBy", install?.wantedBy) };
}
