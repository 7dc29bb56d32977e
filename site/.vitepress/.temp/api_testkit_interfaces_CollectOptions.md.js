import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: CollectOptions","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/testkit/interfaces/CollectOptions.md","filePath":"site/api/testkit/interfaces/CollectOptions.md"}');
const _sfc_main = { name: "api/testkit/interfaces/CollectOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-collectoptions" tabindex="-1">Interface: CollectOptions <a class="header-anchor" href="#interface-collectoptions" aria-label="Permalink to &quot;Interface: CollectOptions&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/recording/collect.ts#L67" target="_blank" rel="noreferrer">packages/testkit/src/recording/collect.ts:67</a></p><p>Options of <code>collect</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="aggregation" tabindex="-1">aggregation? <a class="header-anchor" href="#aggregation" aria-label="Permalink to &quot;aggregation?&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly aggregation</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">?:</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;instruments&quot;</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;own&quot;</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/recording/collect.ts#L74" target="_blank" rel="noreferrer">packages/testkit/src/recording/collect.ts:74</a></p><p>Where <code>@tallykit/metrics</code> adds up what it records for the MeterProvider: by itself, or in the instruments of the SDK. What is read is the same.</p><h4 id="default" tabindex="-1">Default <a class="header-anchor" href="#default" aria-label="Permalink to &quot;Default&quot;">​</a></h4><p>&#39;own&#39;, as <code>startMetrics</code> does it</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/testkit/interfaces/CollectOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const CollectOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  CollectOptions as default
};
