// A pack that looks at nothing: what remains is what Pulumi itself takes to hand every resource to a pack, twice.
"use strict";
require("../../../../packages/start/index.cjs");
const { PolicyPack } = require("@pulumi/policy");

const nothing = { description: "Looks at nothing.", enforcementLevel: "mandatory" };
new PolicyPack("empty", {
  enforcementLevel: "mandatory",
  policies: [
    { name: "each", ...nothing, validateResource() {} },
    { name: "whole", ...nothing, validateStack() {} },
  ],
});
