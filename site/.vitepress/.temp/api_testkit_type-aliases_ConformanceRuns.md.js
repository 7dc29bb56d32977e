import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Type Alias: ConformanceRuns","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/testkit/type-aliases/ConformanceRuns.md","filePath":"site/api/testkit/type-aliases/ConformanceRuns.md"}');
const _sfc_main = { name: "api/testkit/type-aliases/ConformanceRuns.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="type-alias-conformanceruns" tabindex="-1">Type Alias: ConformanceRuns <a class="header-anchor" href="#type-alias-conformanceruns" aria-label="Permalink to &quot;Type Alias: ConformanceRuns&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">type</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> ConformanceRuns</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;"> </span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;for each configuration&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;once for each format&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;once for each exporter&quot;</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/conformance/conformance-subject.ts#L209" target="_blank" rel="noreferrer">packages/testkit/src/conformance/conformance-subject.ts:209</a></p><p>For which subjects of an exporter a case has to run. An exporter has several subjects when it is tested in several configurations, one subject for each of them.</p><ul><li><code>for each configuration</code>: transport, limits and format may each make a difference.</li><li><code>once for each format</code>: the case tests what stands on the wire, not how it gets there. Two subjects have the same format when they differ only in the transport and the size of payloads.</li><li><code>once for each exporter</code>: the case takes real time, and tests what an exporter does in the same way in every configuration.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/testkit/type-aliases/ConformanceRuns.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ConformanceRuns = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ConformanceRuns as default
};
