export const id = 871;
export const ids = [871];
export const modules = {

/***/ 871:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   runPost: () => (/* binding */ g)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var _chunk_S6A4TX7U_mjs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(174);
/* harmony import */ var _chunk_52S7ZYHT_mjs__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(766);
/* harmony import */ var _chunk_TB3V6YCQ_mjs__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(932);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);
async function g(){let{nonce:c,locked:o,written:n,ended:a}=(0,_chunk_S6A4TX7U_mjs__WEBPACK_IMPORTED_MODULE_1__.b)();if(a||o.length===0&&n.length===0)return;let e=o.filter(d=>!n.includes(d));n.length>0&&(0,_chunk_S6A4TX7U_mjs__WEBPACK_IMPORTED_MODULE_1__.a)(`The run ended while it was writing (${n.join(", ")}): running that once more.`),e.length>0&&(0,_chunk_S6A4TX7U_mjs__WEBPACK_IMPORTED_MODULE_1__.a)(`The run ended while it held a lock (${e.join(", ")}): giving it back.`),await (0,_chunk_S6A4TX7U_mjs__WEBPACK_IMPORTED_MODULE_1__.d)({nonce:c,again:n,reclaim:e})}


/***/ })

};
