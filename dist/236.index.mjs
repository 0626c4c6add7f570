export const id = 236;
export const ids = [236];
export const modules = {

/***/ 236:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   runPost: () => (/* binding */ g)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var _chunk_4SNDNGFI_mjs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(837);
/* harmony import */ var _chunk_A6A7BK7K_mjs__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(336);
/* harmony import */ var _chunk_GDBDQEZR_mjs__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(963);
/* harmony import */ var _chunk_63T7BN5C_mjs__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(248);
/* harmony import */ var _chunk_J53FJ4HO_mjs__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(247);
/* harmony import */ var _chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(35);
/* harmony import */ var _chunk_TB3V6YCQ_mjs__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(932);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);
async function g(){let{nonce:c,locked:o,written:n,ended:a}=(0,_chunk_4SNDNGFI_mjs__WEBPACK_IMPORTED_MODULE_1__.b)();if(a||o.length===0&&n.length===0)return;let e=o.filter(d=>!n.includes(d));n.length>0&&(0,_chunk_4SNDNGFI_mjs__WEBPACK_IMPORTED_MODULE_1__.a)(`The run ended while it was writing (${n.join(", ")}): running that once more.`),e.length>0&&(0,_chunk_4SNDNGFI_mjs__WEBPACK_IMPORTED_MODULE_1__.a)(`The run ended while it held a lock (${e.join(", ")}): giving it back.`),await (0,_chunk_4SNDNGFI_mjs__WEBPACK_IMPORTED_MODULE_1__.d)({nonce:c,again:n,reclaim:e})}


/***/ })

};
