import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Type Alias: ExporterSources","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/node/type-aliases/ExporterSources.md","filePath":"site/api/node/type-aliases/ExporterSources.md"}');
const _sfc_main = { name: "api/node/type-aliases/ExporterSources.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="type-alias-exportersources" tabindex="-1">Type Alias: ExporterSources <a class="header-anchor" href="#type-alias-exportersources" aria-label="Permalink to &quot;Type Alias: ExporterSources&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">type</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> ExporterSources</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> Readonly</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">&lt;</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">Record</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">&lt;</span><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;">string</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">, </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">ExporterSource</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">&gt;&gt;;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/node/src/backend-settings.ts#L13" target="_blank" rel="noreferrer">packages/node/src/backend-settings.ts:13</a></p><p>Exporters that are handed in, by their names.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/node/type-aliases/ExporterSources.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ExporterSources = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ExporterSources as default
};
