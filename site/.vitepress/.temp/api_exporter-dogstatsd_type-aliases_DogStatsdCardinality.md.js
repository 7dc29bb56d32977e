import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Type Alias: DogStatsdCardinality","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-dogstatsd/type-aliases/DogStatsdCardinality.md","filePath":"site/api/exporter-dogstatsd/type-aliases/DogStatsdCardinality.md"}');
const _sfc_main = { name: "api/exporter-dogstatsd/type-aliases/DogStatsdCardinality.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="type-alias-dogstatsdcardinality" tabindex="-1">Type Alias: DogStatsdCardinality <a class="header-anchor" href="#type-alias-dogstatsdcardinality" aria-label="Permalink to &quot;Type Alias: DogStatsdCardinality&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">type</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> DogStatsdCardinality</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;none&quot;</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;low&quot;</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;orchestrator&quot;</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;high&quot;</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-dogstatsd/src/options.ts#L24" target="_blank" rel="noreferrer">packages/exporter-dogstatsd/src/options.ts:24</a></p><p>How many tags about its origin the Agent adds to a metric: <code>low</code> for those of the host, <code>high</code> for those of the container.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-dogstatsd/type-aliases/DogStatsdCardinality.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DogStatsdCardinality = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DogStatsdCardinality as default
};
