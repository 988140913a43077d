export { clause, errorMessage } from "./message";
export { problems } from "./problems";
export { RemoteError, Unreachable } from "./remote";
