export const id = 911;
export const ids = [911];
export const modules = {

/***/ 911:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   findNeedOfGithub: () => (/* reexport safe */ _chunk_JCFVGEIM_mjs__WEBPACK_IMPORTED_MODULE_1__.j),
/* harmony export */   findWarnings: () => (/* reexport safe */ _chunk_JCFVGEIM_mjs__WEBPACK_IMPORTED_MODULE_1__.n),
/* harmony export */   loadConfiguration: () => (/* reexport safe */ _chunk_JCFVGEIM_mjs__WEBPACK_IMPORTED_MODULE_1__.l),
/* harmony export */   readValues: () => (/* reexport safe */ _chunk_JCFVGEIM_mjs__WEBPACK_IMPORTED_MODULE_1__.o),
/* harmony export */   variablesOf: () => (/* reexport safe */ _chunk_JCFVGEIM_mjs__WEBPACK_IMPORTED_MODULE_1__.p)
/* harmony export */ });
/* harmony import */ var node_module__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(995);
/* harmony import */ var _chunk_JCFVGEIM_mjs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(525);
/* harmony import */ var _chunk_WRIVZR4T_mjs__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(308);
/* harmony import */ var _chunk_SS4WMGQN_mjs__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(166);
/* harmony import */ var _chunk_A6A7BK7K_mjs__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(336);
/* harmony import */ var _chunk_63T7BN5C_mjs__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(248);
/* harmony import */ var _chunk_RC2OBJUZ_mjs__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(35);
/* harmony import */ var _chunk_TB3V6YCQ_mjs__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(932);
 const require = (0,node_module__WEBPACK_IMPORTED_MODULE_0__.createRequire)(import.meta.url);



/***/ })

};
