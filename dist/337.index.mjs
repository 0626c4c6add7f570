export const id = 337;
export const ids = [337];
export const modules = {

/***/ 247:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   a: () => (/* binding */ t),
/* harmony export */   b: () => (/* binding */ a)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);
var t=["rotate","plan","check","rollback","contain"];function a(o,n){return o==="rotate"&&n.toLowerCase()==="exposure"}


/***/ }),

/***/ 35:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   a: () => (/* binding */ g),
/* harmony export */   b: () => (/* binding */ B),
/* harmony export */   c: () => (/* binding */ ne),
/* harmony export */   d: () => (/* binding */ k),
/* harmony export */   e: () => (/* binding */ te),
/* harmony export */   f: () => (/* binding */ w),
/* harmony export */   g: () => (/* binding */ U),
/* harmony export */   h: () => (/* binding */ M),
/* harmony export */   i: () => (/* binding */ Z),
/* harmony export */   j: () => (/* binding */ fe),
/* harmony export */   k: () => (/* binding */ le),
/* harmony export */   l: () => (/* binding */ ee),
/* harmony export */   m: () => (/* binding */ he),
/* harmony export */   n: () => (/* binding */ ge)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(598);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);
var g=class n extends Error{name="RotationError";code;hint;retryable;effect;call;constructor(e,t,r={}){super(t,r.cause===void 0?void 0:{cause:r.cause}),this.code=e,this.hint=r.hint,this.retryable=r.retryable??!1,this.effect=r.effect??"not-applied",this.call=r.call}with({code:e=this.code,message:t=this.message,...r}){let{hint:o,retryable:i,effect:s,call:a}=this;return new n(e,t,{hint:o,retryable:i,effect:s,call:a,...r,cause:this})}};function B(n){if(n instanceof g)return n;let e=n instanceof Error?n.message:String(n);return new g("internal",`Unexpected error: ${e}`,{hint:"This is a defect of rotate-action: please report it with this message.",effect:"unknown",cause:n})}function ne(n,e){let t=B(n);return t.with({message:`${e}: ${t.message}`})}var G=7003;function k(n){return n instanceof g&&n.code==="not-found"&&n.call?.apiCode!==G}async function te(n){try{return await n}catch(e){if(k(e))return;throw e}}var F=new RegExp("\x1B\\][^\x07\x1B]*(?:\x07|\x1B\\\\)?","g"),S=new RegExp("\x1B\\[[0-?]*[ -/]*[@-~]|[\\s\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800]+","gu"),P=/%([0-9a-f]{2})|\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#x([0-9a-f]{1,6});?|&#(\d{1,7});?|&(amp|lt|gt|quot|apos);|\\(["'`\\/$]|[nrtbf])/gi,$={amp:"&",lt:"<",gt:">",quot:'"',apos:"'"},D=/0x|[-:.,;_|]+/g,v=4;function C(n){return n.replace(S,"")}function R(n){let e=j(n),t=[];for(let r of new Set([e,p(e,F,()=>"")])){let o=p(r,S,()=>"");t.push(o);for(let i=0;i<v;i++){let s=p(o,P,W);if(s===o)break;o=p(s,S,()=>""),t.push(o)}}return t}function L(n){let e=p(n,D,()=>"");return{...e,text:e.text.replace(/[A-F]+/g,t=>t.toLowerCase())}}function j(n){let e=new Uint32Array(n.length),t=new Uint32Array(n.length);for(let r=0;r<n.length;r++)e[r]=r,t[r]=r+1;return{text:n,from:e,to:t}}function p(n,e,t){let{text:r,from:o,to:i}=n,s=r.matchAll(e),a=s.next();if(a.done===!0)return n;let f=[],u=new Uint32Array(r.length),l=new Uint32Array(r.length),c=0,h=0,T=d=>{f.push(r.slice(h,d)),u.set(o.subarray(h,d),c),l.set(i.subarray(h,d),c),c+=d-h};for(;a.done!==!0;a=s.next()){let{index:d,0:V}=a.value;T(d),h=d+V.length;let E=t(a.value);f.push(E),u.fill(o[d],c,c+E.length),l.fill(i[h-1],c,c+E.length),c+=E.length}return T(r.length),{text:f.join(""),from:u.subarray(0,c),to:l.subarray(0,c)}}function W([n,e,t,r,o,i,s,a,f]){let u=e??t??r??o??i,l=u!==void 0?parseInt(u,16):s!==void 0?Number(s):void 0;return l!==void 0?l<=1114111?String.fromCodePoint(l):n:a!==void 0?$[a.toLowerCase()]??n:f===void 0||/[a-z]/i.test(f)?"":f}var q=z(16777619,12),x=21,A=2**30,m=class{#e=[];#t=new Map;#r=new Set;#n=new Map;#o;add(e){if(e.length<4)return;if(e.length<12){let o=e.slice(0,4),i=this.#n.get(o)??new Set;this.#n.set(o,i.add(e));return}this.#o??=new Uint8Array(2**(x-3));let t=this.#o,r=this.#e.push(e)-1;N(e,(o,i)=>{if(this.#t.has(i)){let a=e.slice(o,o+12);this.#i(i,a)||this.#r.add(a);return}this.#t.set(i,r*A+o);let s=i>>>32-x;t[s>>>3]|=1<<(s&7)})}find(e,t){this.#s(e,t);let r=this.#o;r!==void 0&&N(e,(o,i)=>{let s=i>>>32-x;if((r[s>>>3]&1<<(s&7))===0)return;let a=o+12;this.#i(i,e.slice(o,a))&&t(o,a)})}#i(e,t){let r=this.#t.get(e);return r===void 0?!1:this.#e[Math.floor(r/A)].startsWith(t,r%A)||this.#r.has(t)}#s(e,t){if(this.#n.size!==0)for(let r=0;r+4<=e.length;r++)for(let o of this.#n.get(e.slice(r,r+4))??[])e.startsWith(o,r)&&t(r,r+o.length)}};function N(n,e){let t=0;for(let r=0;r<n.length;r++)t=Math.imul(t,16777619)+n.charCodeAt(r)|0,r>=12&&(t=t-Math.imul(n.charCodeAt(r-12),q)|0),r>=11&&e(r-12+1,t)}function z(n,e){let t=1;for(let r=0;r<e;r++)t=Math.imul(t,n);return t}var y="***",w=class{#e;constructor(e){this.#e=e}reveal(){return this.#e}equals(e){return this.#e===e.#e}toString(){return y}toJSON(){return y}[Symbol.for("nodejs.util.inspect.custom")](){return`Secret(${y})`}},O=16,U=class{#e;#t=new Set;#r=new Set;#n=new Set;#o=new m;#i=new m;constructor(e){this.#e=e}register(e){if(e==="")throw new TypeError("An empty value is not a secret");if(!this.#r.has(e)){this.#r.add(e),this.#n.add(e);for(let t of K(e))this.#t.has(t)||(this.#t.add(t),this.#e(t))}return new w(e)}redact(e){this.#s();let t=[];for(let r of R(e))I(r,this.#o,t),I(L(r),this.#i,t);return t.length===0?e:X(e,t)}findIn(e){return[...this.#r].flatMap(t=>t.length>=O&&e.includes(t)?[new w(t)]:[])}#s(){for(let e of this.#n){for(let t of Y(e))this.#o.add(C(t));e.length>=4&&this.#i.add(Buffer.from(e,"utf8").toString("hex"))}this.#n.clear()}};function I(n,e,t){e.find(n.text,(r,o)=>{let i=t.at(-1),s=n.from[r],a=n.to[o-1];i!==void 0&&s>=i[0]&&s<=i[1]?i[1]=Math.max(i[1],a):t.push([s,a])})}function X(n,e){let t=[],r=0;for(let[o,i]of e.sort(([s],[a])=>s-a))(o>r||t.length===0)&&t.push(n.slice(r,o),y),r=Math.max(r,i);return[...t,n.slice(r)].join("")}function Y(n){let e=Buffer.from(n,"utf8");return n.length<4?[]:[n,...n.split(/\r?\n/),encodeURIComponent(n.toWellFormed()),..._(e),...H(n)]}function H(n){return n.length<O?[]:[(0,node_crypto__WEBPACK_IMPORTED_MODULE_1__.createHash)("sha256").update(n).digest("hex")]}function K(n){let e=Buffer.from(n,"utf8"),t=new Set([n]);for(let r of n.split(/\r?\n/))t.add(r.trim());if(e.length>=4){for(let r of _(e))t.add(r);t.add(e.toString("hex")),t.add(e.toString("hex").toUpperCase())}for(let r of H(n))t.add(r);return t.add(encodeURIComponent(n.toWellFormed())),t.add(JSON.stringify(n).slice(1,-1)),[...t].filter(r=>r.length>=4||r===n)}function _(n){return["base64","base64url"].flatMap(e=>[n.toString(e),...[0,1,2].map(t=>Q(n,t,e))])}function Q(n,e,t){let r=Buffer.concat([Buffer.alloc(e),n]).toString(t).replace(/=+$/,""),o=e===0?0:e+1,i=Math.floor((e+n.length)*8/6);return r.slice(o,i)}function M(n){return n==="localhost"||n==="::1"||n==="[::1]"?!0:/^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(n)?.slice(1).every(t=>Number(t)<=255)??!1}function Z(n){let e=URL.canParse(n)?new URL(n):void 0;if(e===void 0||!["http:","https:"].includes(e.protocol))return"must be an https URL";if(e.username!==""||e.password!=="")return"must have no user and no password in front of its host";if(!(e.protocol==="https:"||M(e.hostname)))return"must begin with https://, since the credential is sent there (http:// is possible for localhost, 127.0.0.0/8 and [::1] only)"}function fe(n){if(!URL.canParse(n))return!1;let{search:e,hash:t}=new URL(n);return e+t===""&&Z(n)===void 0}function le(n){if(!URL.canParse(n))return"is not a URL";let{username:e,password:t,search:r,hash:o,protocol:i,hostname:s}=new URL(n);if(e!==""||t!==""||r!==""||o!=="")return"must have no user, query or fragment";if(!(i==="https:"||i==="http:"&&M(s)))return"must begin with https://, since tokens are sent there (http:// is possible on this machine only)"}var ee=["not-due","planned","healthy","rotated","stale","locked","unhealthy","rolled-back","failed"];function he(n){return n==="unhealthy"||n==="rolled-back"||n==="failed"}function ge(n){return ee.findLast(e=>n.includes(e))??"not-due"}


/***/ }),

/***/ 166:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   a: () => (/* binding */ t)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);
var t="rotate-action/0.1.0";


/***/ }),

/***/ 186:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   a: () => (/* binding */ r),
/* harmony export */   b: () => (/* binding */ i),
/* harmony export */   c: () => (/* binding */ p),
/* harmony export */   d: () => (/* binding */ g),
/* harmony export */   e: () => (/* binding */ u),
/* harmony export */   f: () => (/* binding */ v)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var _chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(35);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(161);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);
var r=class extends Error{name="UsageError";problems;constructor(t){super(t.join(`
`)),this.problems=t}};var i={done:0,failed:1,usage:2,idle:3},a=new Set(["bad-input","bad-configuration","missing-value"]);function p({outcome:e,error:t},n){return (0,_chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_1__.m)(e)&&n!==void 0?g(n):u(t?.code)?i.usage:(0,_chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_1__.m)(e)?i.failed:e==="locked"||e==="stale"?i.idle:i.done}function g(e){return 128+node_os__WEBPACK_IMPORTED_MODULE_2__.constants.signals[e]}function u(e){return e!==void 0&&a.has(e)}var l=[[/: give it to the step in `env`(, e\.g\. `[^`]+`)?/g,": set it in the environment or in the file of --env-file"],[/Give it to the step in `env`(, e\.g\. [A-Z_]+: \$\{\{ \S+ \}\})?/g,"Set it in the environment or in the file of --env-file"],[/Give it to the step, e\.g\. `[^`]+`/g,"Set it in the environment or in the file of --env-file"],[/Add this line to `env` of the step: `([A-Z_][A-Z0-9_]*): \$\{\{ [^`]+`/gi,"Set $1 in the environment or in the file of --env-file."],[/Store the value as a secret of the environment, and give it to the step\./g,"Set it in the environment or in the file of --env-file."],[/github-secrets-token: is not set or empty: [^\n]+/g,"no GitHub token: neither GITHUB_TOKEN nor `gh auth token` gives one"],[/Give the step the token of a GitHub App[^.]+\./g,"Set GITHUB_TOKEN, or log in with `gh auth login`."],[/Check out the repository before this step, and check the input `config`\./g,"Check --config, or make one with `rotate-action init`."],[/Leave the input github-token out, which is the token of the job, or/g,"Set GITHUB_TOKEN, log in with `gh auth login`, or"],[/Give the job `permissions: ([\w-]+): (\w+)`/g,"Give the token the permission $1: $2"],[/The token of the job/g,"The token"],[/in the input `only`/g,"with --only"],[/\bonly: there is no/g,"--only: there is no"],[/`command: (\w+)` with `force: true`/g,"`rotate-action $1 --force`"],[/`command: (\w+)`/g,"`rotate-action $1`"],[/`force: true`|`force` is true/g,"`--force`"],[/\bcloudflare-api-url\b/g,"--cloudflare-api-url"],[/\bgithub-secrets-token\b/g,"GITHUB_SECRETS_TOKEN"],[/\bgithub-token\b/g,"GITHUB_TOKEN"],[/after this run was queued, so the values that this run was given/g,"after the values of this command were written down, so they"],[/\b(this|the) runner\b/gi,"this machine"],[/\byour runners\b/g,"this machine"],[/\bthe step was not given its variable/g,"its variable is not set"],[/\bthe step is not given it\b/g,"the command is not given it"],[/\bthe step\b/g,"the command"]];function v(e){return l.reduce((t,[n,s])=>t.replace(n,s),e)}


/***/ }),

/***/ 337:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   runCli: () => (/* binding */ te)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var _chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(186);
/* harmony import */ var _chunk_SS4WMGQN_mjs__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(166);
/* harmony import */ var _chunk_J53FJ4HO_mjs__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(247);
/* harmony import */ var _chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(35);
/* harmony import */ var _chunk_TB3V6YCQ_mjs__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(932);
/* harmony import */ var node_util__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(975);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);
var O={config:{type:"string",default:".github/rotation.yml"},only:{type:"string",multiple:!0},force:{type:"boolean",default:!1},reason:{type:"string",default:"by hand"},json:{type:"boolean",default:!1},"env-file":{type:"string"},without:{type:"string",multiple:!0},repository:{type:"string"},workflow:{type:"string",default:"rotate.yml"},"cloudflare-api-url":{type:"string",default:"https://api.cloudflare.com/client/v4"},help:{type:"boolean",short:"h",default:!1},version:{type:"boolean",short:"v",default:!1}};function C(r){if(r[0]==="init")return{ask:"init",rest:r.slice(1)};let{values:e,positionals:t}=P(r),{only:o=[],without:i=[]}=e;if(e.help||r.length===0||t[0]==="help")return{ask:"help"};if(e.version)return{ask:"version"};let n=_chunk_J53FJ4HO_mjs__WEBPACK_IMPORTED_MODULE_3__.a.find(s=>s===t[0]),l=e.reason.replace(/\s+/g," ").trim(),p=(0,_chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_4__.k)(e["cloudflare-api-url"]),h=[...n===void 0?[`the command must be one of ${[..._chunk_J53FJ4HO_mjs__WEBPACK_IMPORTED_MODULE_3__.a,"init"].join(", ")}, not ${f(t[0])}`]:[],...t.slice(1).map(s=>`there is one argument too many: ${f(s)}`),...i.filter(s=>s!=="github").map(s=>`--without: must be github, not ${f(s)}`),...e.repository===void 0||/^[\w.-]+\/[\w.-]+$/.test(e.repository)?[]:["--repository: must be owner/name"],.../^[\w.-]+\.ya?ml$/.test(e.workflow)?[]:["--workflow: must be the name of a file in .github/workflows"],...p===void 0?[]:[`--cloudflare-api-url: ${p}`],...n!==void 0&&(0,_chunk_J53FJ4HO_mjs__WEBPACK_IMPORTED_MODULE_3__.b)(n,l)?["--reason: `exposure` changes nothing about a rotation; use `rotate-action contain`"]:[]];if(n===void 0||h.length>0)throw new _chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.a(h);let{config:R,force:T,json:A,"env-file":S,repository:$,workflow:N}=e;return{ask:"run",run:{command:n,config:R,force:T,json:A,envFile:S,repository:$,workflow:N,only:o.flatMap(U),reason:l===""?O.reason.default:l,withoutGithub:i.length>0,cloudflareApiUrl:e["cloudflare-api-url"].replace(/\/+$/,"")}}}function P(r){try{return (0,node_util__WEBPACK_IMPORTED_MODULE_6__.parseArgs)({args:[...r],options:O,allowPositionals:!0,strict:!0})}catch(e){let[,t]=/'(-{1,2}[A-Za-z][\w-]{0,30})/.exec(String(e))??[];throw new _chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.a([t===void 0?"an option cannot be read":`${t}: there is no such option, or its value is missing or not expected`])}}function f(r){return r===void 0?"missing":/^[\w./-]{1,24}$/.test(r)?`"${r}"`:"what was given"}function U(r){return r.split(/[,\n]/).map(e=>e.trim()).filter(e=>e!=="")}var E=`Usage: rotate-action <command> [options]

Rotates Cloudflare credentials from a shell, as the GitHub Action does.

Commands:
  plan       shows what rotate would do; changes nothing
  check      reports whether all is well; changes nothing
  rotate     renews what is due
  rollback   swaps PRIMARY and SECONDARY
  contain    replaces an exposed credential and revokes everything older at once
  init       sets up a repository; see rotate-action init --help

Options:
  --config <path>          the configuration (default: .github/rotation.yml)
  --only <names>           the rotations to run, separated by commas; repeatable
  --force                  rotate even if nothing is due
  --reason <text>          kept in the record (default: by hand)
  --json                   print the record as JSON instead of the result
  --env-file <path>        file with NAME=value lines (default: .env, if there is one)
  --without github         leave GitHub out while it is down; the next run repairs it
  --repository <o/name>    the repository (default: that of the git remote)
  --workflow <file>        the workflow whose alert this is (default: rotate.yml)
  --cloudflare-api-url <u> another root of the Cloudflare API
  -h, --help
  -v, --version

Environment:
  The values that the configuration names. The environment takes precedence over the file.
  GITHUB_TOKEN             or GH_TOKEN, or the token of \`gh auth token\`
  GITHUB_SECRETS_TOKEN     writes GitHub secrets (default: the same token)
  NO_COLOR                 no colours

Progress is written to standard error, the result to standard output.

Exit codes:
  0    rotated, not-due, planned or healthy
  1    failed, rolled-back or unhealthy
  2    the command line, the configuration or a value is wrong; nothing was called
  3    nothing was done: another run holds the lock, or the values are outdated
  130  interrupted by Ctrl-C (128 and the number of the signal)
`;var G={red:31,green:32,yellow:33,dim:2,bold:1},H=/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,d=class{#e;constructor(e){this.#e=e;for(let t of[e.stdout,e.stderr])t.on("error",()=>{})}result(e,t){this.#t(this.#e.stdout,e,t)}progress(e){this.#t(this.#e.stderr,e,"dim")}warning(e){this.#t(this.#e.stderr,`warning: ${e}`,"yellow")}error(e){this.#t(this.#e.stderr,`error: ${e}`,"red")}#t(e,t,o){let i=this.#e.secrets.redact(t).replace(H,"");e.write(`${o===void 0||!this.#r(e)?i:I(i,o)}
`)}#r({isTTY:e}){let{env:t}=this.#e;return e&&(t.NO_COLOR??"")===""&&t.TERM!=="dumb"}};function I(r,e){return`\x1B[${G[e]}m${r}\x1B[0m`}async function te(r=process.argv.slice(2)){let e=new _chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_4__.g(()=>{}),{stdout:t,stderr:o,env:i}=process,n=new d({stdout:t,stderr:o,env:i,secrets:e});process.exitCode=await _(n,()=>L(r,{terminal:n,secrets:e}))}async function L(r,{terminal:e,secrets:t}){let o=C(r);switch(o.ask){case"help":return e.result(E.trimEnd()),_chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.b.done;case"version":return e.result(_chunk_SS4WMGQN_mjs__WEBPACK_IMPORTED_MODULE_2__.a),_chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.b.done;case"init":return await(await Promise.all(/* import() */[__webpack_require__.e(308), __webpack_require__.e(971), __webpack_require__.e(756)]).then(__webpack_require__.bind(__webpack_require__, 756))).runInit(o.rest,{terminal:e,secrets:t});case"run":return await(await Promise.all(/* import() */[__webpack_require__.e(308), __webpack_require__.e(971), __webpack_require__.e(756)]).then(__webpack_require__.bind(__webpack_require__, 756))).runRotations(o.run,{terminal:e,secrets:t})}}async function _(r,e){try{return await e()}catch(t){if(t instanceof _chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.a){for(let l of t.problems)r.error(l);return r.progress("rotate-action --help lists every command and option. Nothing was called."),_chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.b.usage}let{code:o,message:i,hint:n}=(0,_chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_4__.b)(t);return r.error((0,_chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.f)(n===void 0?i:`${i}
${n}`)),(0,_chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.e)(o)?_chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.b.usage:_chunk_WUJ6YNEN_mjs__WEBPACK_IMPORTED_MODULE_1__.b.failed}}


/***/ })

};
