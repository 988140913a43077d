import type { Page } from "../queries";
import { agents } from "./agents";
import { house } from "./house";
import { jobs } from "./jobs";
import { postgres } from "./postgres";
import { storage } from "./storage";

export const pages: readonly Page[] = [house, postgres, storage, jobs, agents];
