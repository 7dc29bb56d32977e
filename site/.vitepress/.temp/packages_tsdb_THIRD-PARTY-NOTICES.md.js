import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Third-party notices","description":"","frontmatter":{"editLink":true},"headers":[],"relativePath":"packages/tsdb/THIRD-PARTY-NOTICES.md","filePath":"packages/tsdb/THIRD-PARTY-NOTICES.md"}');
const _sfc_main = { name: "packages/tsdb/THIRD-PARTY-NOTICES.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="third-party-notices" tabindex="-1">Third-party notices <a class="header-anchor" href="#third-party-notices" aria-label="Permalink to &quot;Third-party notices&quot;">​</a></h1><p>The page that this package serves contains <a href="https://github.com/leeoniya/uPlot" target="_blank" rel="noreferrer">uPlot</a> under this licence:</p><blockquote><p>The MIT License (MIT)</p><p>Copyright (c) 2022 Leon Sorokin</p><p>Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the &quot;Software&quot;), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:</p><p>The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.</p><p>THE SOFTWARE IS PROVIDED &quot;AS IS&quot;, WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.</p></blockquote></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("packages/tsdb/THIRD-PARTY-NOTICES.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const THIRDPARTYNOTICES = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  THIRDPARTYNOTICES as default
};
