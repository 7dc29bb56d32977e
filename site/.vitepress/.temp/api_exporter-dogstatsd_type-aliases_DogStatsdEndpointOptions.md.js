import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Type Alias: DogStatsdEndpointOptions","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-dogstatsd/type-aliases/DogStatsdEndpointOptions.md","filePath":"site/api/exporter-dogstatsd/type-aliases/DogStatsdEndpointOptions.md"}');
const _sfc_main = { name: "api/exporter-dogstatsd/type-aliases/DogStatsdEndpointOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="type-alias-dogstatsdendpointoptions" tabindex="-1">Type Alias: DogStatsdEndpointOptions <a class="header-anchor" href="#type-alias-dogstatsdendpointoptions" aria-label="Permalink to &quot;Type Alias: DogStatsdEndpointOptions&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">type</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> DogStatsdEndpointOptions</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;"> </span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> DogStatsdUdpOptions</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> DogStatsdUrlOptions</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> DogStatsdPathOptions</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> DogStatsdClientOptions</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-dogstatsd/src/options.ts#L75" target="_blank" rel="noreferrer">packages/exporter-dogstatsd/src/options.ts:75</a></p><p>Where to send: one of four ways, or by default what the environment says.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-dogstatsd/type-aliases/DogStatsdEndpointOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DogStatsdEndpointOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DogStatsdEndpointOptions as default
};
