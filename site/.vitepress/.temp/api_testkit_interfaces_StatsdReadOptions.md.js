import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: StatsdReadOptions","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/testkit/interfaces/StatsdReadOptions.md","filePath":"site/api/testkit/interfaces/StatsdReadOptions.md"}');
const _sfc_main = { name: "api/testkit/interfaces/StatsdReadOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-statsdreadoptions" tabindex="-1">Interface: StatsdReadOptions <a class="header-anchor" href="#interface-statsdreadoptions" aria-label="Permalink to &quot;Interface: StatsdReadOptions&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/parsers/strict-statsd-parser.ts#L19" target="_blank" rel="noreferrer">packages/testkit/src/parsers/strict-statsd-parser.ts:19</a></p><p>What is special to a server.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="wholecounters" tabindex="-1">wholeCounters? <a class="header-anchor" href="#wholecounters" aria-label="Permalink to &quot;wholeCounters?&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly wholeCounters</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">?:</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;"> boolean;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/testkit/src/parsers/strict-statsd-parser.ts#L26" target="_blank" rel="noreferrer">packages/testkit/src/parsers/strict-statsd-parser.ts:26</a></p><p>Whether it cuts the value of each counter to a whole number of 64 bits, as Telegraf, gostatsd, veneur, and OpenTelemetry&#39;s Collector by default do. A value that has no place in 64 bits throws.</p><h4 id="default" tabindex="-1">Default <a class="header-anchor" href="#default" aria-label="Permalink to &quot;Default&quot;">​</a></h4><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;">false</span></span></code></pre></div></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/testkit/interfaces/StatsdReadOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const StatsdReadOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  StatsdReadOptions as default
};
