import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: AddressAdvice","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/sockets/interfaces/AddressAdvice.md","filePath":"site/api/exporter-base/sockets/interfaces/AddressAdvice.md"}');
const _sfc_main = { name: "api/exporter-base/sockets/interfaces/AddressAdvice.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-addressadvice" tabindex="-1">Interface: AddressAdvice <a class="header-anchor" href="#interface-addressadvice" aria-label="Permalink to &quot;Interface: AddressAdvice&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/transports/address.ts#L13" target="_blank" rel="noreferrer">packages/exporter-base/src/transports/address.ts:13</a></p><p>What a message recommends to somebody who gave something else as a host, as a part of a sentence.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="path" tabindex="-1">path <a class="header-anchor" href="#path" aria-label="Permalink to &quot;path&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">path</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: string;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/transports/address.ts#L17" target="_blank" rel="noreferrer">packages/exporter-base/src/transports/address.ts:17</a></p><p>Instead of the path of a socket file: <code>for a socket file use \\</code>path\`\`.</p><hr><h3 id="url" tabindex="-1">url <a class="header-anchor" href="#url" aria-label="Permalink to &quot;url&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">url</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: string;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/transports/address.ts#L15" target="_blank" rel="noreferrer">packages/exporter-base/src/transports/address.ts:15</a></p><p>Instead of a URL: <code>for a URL use \\</code>url\`\`.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/sockets/interfaces/AddressAdvice.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const AddressAdvice = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  AddressAdvice as default
};
