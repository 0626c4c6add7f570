#!/usr/bin/env node
function o(e){let{node:n}=process.versions;if(!(Number(n.split(".")[0])>=22))return`rotate-action needs Node.js 22 or later, and ${e} has ${n}: update it. Nothing was called and nothing was changed.`}var r=o("this machine");r===void 0?import("./index.mjs").then(e=>e.runCommandLine()):(console.error("error: "+r),process.exitCode=2);
