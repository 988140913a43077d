export { readCalendar } from "./calendar";
export {
  containerUnit,
  pathOfSecret,
  type ContainerSection,
  type ContainerUnit,
  type Mount,
  type SecretMount,
} from "./container";
export {
  serviceUnit,
  socketUnit,
  timerUnit,
  volumeUnit,
  type ServiceUnit,
  type SocketUnit,
  type TimerUnit,
  type VolumeUnit,
} from "./others";
export type { InstallSection, ServiceSection, UnitSection } from "./sections";
export { cronOf } from "./cron";
export { parse, render, UnitError, valueOf, valuesOf, type Entry, type Section, type UnitText } from "./text";
export { joinWords, splitWords } from "./words";
