import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Type Alias: OperationLogOptions","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-logging/type-aliases/OperationLogOptions.md","filePath":"site/api/exporter-logging/type-aliases/OperationLogOptions.md"}');
const _sfc_main = { name: "api/exporter-logging/type-aliases/OperationLogOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="type-alias-operationlogoptions" tabindex="-1">Type Alias: OperationLogOptions <a class="header-anchor" href="#type-alias-operationlogoptions" aria-label="Permalink to &quot;Type Alias: OperationLogOptions&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">type</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> OperationLogOptions</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> LoggerOptions</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-logging/src/options.ts#L30" target="_blank" rel="noreferrer">packages/exporter-logging/src/options.ts:30</a></p><p>Options of <a href="/tallykit/api/exporter-logging/functions/createOperationLog">createOperationLog</a>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-logging/type-aliases/OperationLogOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const OperationLogOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  OperationLogOptions as default
};
