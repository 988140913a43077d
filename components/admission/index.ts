export { Admission, type AdmissionArgs } from "./admission";
