import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: ProducerHandle","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/metrics/interfaces/ProducerHandle.md","filePath":"site/api/metrics/interfaces/ProducerHandle.md"}');
const _sfc_main = { name: "api/metrics/interfaces/ProducerHandle.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-producerhandle" tabindex="-1">Interface: ProducerHandle <a class="header-anchor" href="#interface-producerhandle" aria-label="Permalink to &quot;Interface: ProducerHandle&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/metrics/src/producers.ts#L9" target="_blank" rel="noreferrer">packages/metrics/src/producers.ts:9</a></p><p>A producer of <code>createMetricProducer</code> (<code>@tallykit/metrics/producer</code>).</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="detach" tabindex="-1">detach() <a class="header-anchor" href="#detach" aria-label="Permalink to &quot;detach()&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">detach</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">(): </span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">void</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/metrics/src/producers.ts#L11" target="_blank" rel="noreferrer">packages/metrics/src/producers.ts:11</a></p><p>Ends its collecting, for a reader that is shut down.</p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>void</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/metrics/interfaces/ProducerHandle.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ProducerHandle = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ProducerHandle as default
};
