import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Variable: DATAGRAM_PACING","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/variables/DATAGRAM_PACING.md","filePath":"site/api/exporter-base/variables/DATAGRAM_PACING.md"}');
const _sfc_main = { name: "api/exporter-base/variables/DATAGRAM_PACING.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="variable-datagram_pacing" tabindex="-1">Variable: DATAGRAM_PACING <a class="header-anchor" href="#variable-datagram_pacing" aria-label="Permalink to &quot;Variable: DATAGRAM\\_PACING&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">const</span><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;"> DATAGRAM_PACING</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">:</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> PacingOptions</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/transports/pacing.ts#L21" target="_blank" rel="noreferrer">packages/exporter-base/src/transports/pacing.ts:21</a></p><p>For datagrams. A receiver whose buffer is full loses them, and nobody is told. A default receive buffer holds 92 datagrams of 1,432 bytes, and the reference server reads 32 every 20 ms when it has a processor for itself.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/variables/DATAGRAM_PACING.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DATAGRAM_PACING = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DATAGRAM_PACING as default
};
