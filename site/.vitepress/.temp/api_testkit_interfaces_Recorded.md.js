import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: Recorded","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/testkit/interfaces/Recorded.md","filePath":"site/api/testkit/interfaces/Recorded.md"}');
const _sfc_main = { name: "api/testkit/interfaces/Recorded.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-recorded" tabindex="-1">Interface: Recorded <a class="header-anchor" href="#interface-recorded" aria-label="Permalink to &quot;Interface: Recorded&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/recording/collect.ts#L44" target="_blank" rel="noreferrer">packages/testkit/src/recording/collect.ts:44</a></p><p>What had been recorded at one moment. It does not change any more.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="events" tabindex="-1">events <a class="header-anchor" href="#events" aria-label="Permalink to &quot;events&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">events</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: readonly MetricEvent[];</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/recording/collect.ts#L48" target="_blank" rel="noreferrer">packages/testkit/src/recording/collect.ts:48</a></p><p>The events, in their order, where the collection was handed over as <code>events</code>.</p><hr><h3 id="series" tabindex="-1">series <a class="header-anchor" href="#series" aria-label="Permalink to &quot;series&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">series</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: readonly RecordedSeries[];</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/recording/collect.ts#L46" target="_blank" rel="noreferrer">packages/testkit/src/recording/collect.ts:46</a></p><p>The series, in the order in which they were first read.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/testkit/interfaces/Recorded.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Recorded = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Recorded as default
};
