export const id = 429;
export const ids = [429];
export const modules = {

/***/ 429:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   findWarnings: () => (/* reexport safe */ _chunk_DN6QUB3O_mjs__WEBPACK_IMPORTED_MODULE_1__.P),
/* harmony export */   loadConfiguration: () => (/* reexport safe */ _chunk_DN6QUB3O_mjs__WEBPACK_IMPORTED_MODULE_1__.N),
/* harmony export */   readValues: () => (/* reexport safe */ _chunk_DN6QUB3O_mjs__WEBPACK_IMPORTED_MODULE_1__.Q)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var _chunk_DN6QUB3O_mjs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(228);
/* harmony import */ var _chunk_IQU3GY47_mjs__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(483);
/* harmony import */ var _chunk_TB3V6YCQ_mjs__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(932);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);



/***/ })

};
