import { entry, installSection, serviceSection, socketSection, timerSection, unitSection } from "./sections";
import type { InstallSection, ServiceSection, SocketSection, TimerSection, UnitSection } from "./sections";
import type { UnitText } from "./text";

/** A plain `NAME.service`. */
export interface ServiceUnit {
  unit: UnitSection;
  service: ServiceSection;
  install?: InstallSection;
}

export function serviceUnit(spec: ServiceUnit): UnitText {
  return {
    sections: [unitSection(spec.unit), serviceSection(spec.service), installSection(spec.install)],
  };
}

/** A `NAME.timer`; it starts `NAME.service`. */
export interface TimerUnit {
  unit: UnitSection;
  timer: TimerSection;
}

export function timerUnit(spec: TimerUnit): UnitText {
  return {
    sections: [
      unitSection(spec.unit),
      timerSection(spec.timer),
      installSection({ wantedBy: ["timers.target"] }),
    ],
  };
}

/** A `NAME.socket`; each connection starts a `NAME@.service`. */
export interface SocketUnit {
  unit: UnitSection;
  socket: SocketSection;
}

export function socketUnit(spec: SocketUnit): UnitText {
  return {
    sections: [
      unitSection(spec.unit),
      socketSection(spec.socket),
      installSection({ wantedBy: ["sockets.target"] }),
    ],
  };
}

/** A `NAME.volume` file: a named volume of podman. */
export interface VolumeUnit {
  unit: UnitSection;
  volumeName: string;
  /** Driver and its options, for network storage such as nfs. */
  driver?: string;
  device?: string;
  type?: string;
  options?: string;
}

export function volumeUnit(spec: VolumeUnit): UnitText {
  return {
    sections: [
      unitSection(spec.unit),
      {
        name: "Volume",
        entries: [
          ...entry("VolumeName", spec.volumeName),
          ...entry("Driver", spec.driver),
          ...entry("Device", spec.device),
          ...entry("Type", spec.type),
          ...entry("Options", spec.options),
        ],
      },
    ],
  };
}
