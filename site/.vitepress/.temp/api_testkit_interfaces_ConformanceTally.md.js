import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: ConformanceTally","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/testkit/interfaces/ConformanceTally.md","filePath":"site/api/testkit/interfaces/ConformanceTally.md"}');
const _sfc_main = { name: "api/testkit/interfaces/ConformanceTally.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-conformancetally" tabindex="-1">Interface: ConformanceTally <a class="header-anchor" href="#interface-conformancetally" aria-label="Permalink to &quot;Interface: ConformanceTally&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/conformance/conformance-subject.ts#L65" target="_blank" rel="noreferrer">packages/testkit/src/conformance/conformance-subject.ts:65</a></p><p>A number of points.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="points" tabindex="-1">points <a class="header-anchor" href="#points" aria-label="Permalink to &quot;points&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">points</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: number;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/conformance/conformance-subject.ts#L67" target="_blank" rel="noreferrer">packages/testkit/src/conformance/conformance-subject.ts:67</a></p><p>How many data points of OpenTelemetry.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/testkit/interfaces/ConformanceTally.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ConformanceTally = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ConformanceTally as default
};
