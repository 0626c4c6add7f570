export const id = 990;
export const ids = [990];
export const modules = {

/***/ 990:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   findWarnings: () => (/* reexport safe */ _chunk_3J7FYG4A_mjs__WEBPACK_IMPORTED_MODULE_1__.U),
/* harmony export */   loadConfiguration: () => (/* reexport safe */ _chunk_3J7FYG4A_mjs__WEBPACK_IMPORTED_MODULE_1__.S),
/* harmony export */   readValues: () => (/* reexport safe */ _chunk_3J7FYG4A_mjs__WEBPACK_IMPORTED_MODULE_1__.V),
/* harmony export */   variablesOf: () => (/* reexport safe */ _chunk_3J7FYG4A_mjs__WEBPACK_IMPORTED_MODULE_1__.W)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var _chunk_3J7FYG4A_mjs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(831);
/* harmony import */ var _chunk_52S7ZYHT_mjs__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(766);
/* harmony import */ var _chunk_TB3V6YCQ_mjs__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(932);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);



/***/ })

};
