export const id = 264;
export const ids = [264];
export const modules = {

/***/ 264:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   findWarnings: () => (/* reexport safe */ _chunk_DW54O2QR_mjs__WEBPACK_IMPORTED_MODULE_1__.O),
/* harmony export */   loadConfiguration: () => (/* reexport safe */ _chunk_DW54O2QR_mjs__WEBPACK_IMPORTED_MODULE_1__.M),
/* harmony export */   readValues: () => (/* reexport safe */ _chunk_DW54O2QR_mjs__WEBPACK_IMPORTED_MODULE_1__.P)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var _chunk_DW54O2QR_mjs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(533);
/* harmony import */ var _chunk_YDMBIZ5J_mjs__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(321);
/* harmony import */ var _chunk_TB3V6YCQ_mjs__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(433);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);



/***/ })

};
