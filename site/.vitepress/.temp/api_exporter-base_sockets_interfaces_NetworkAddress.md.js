import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: NetworkAddress","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/sockets/interfaces/NetworkAddress.md","filePath":"site/api/exporter-base/sockets/interfaces/NetworkAddress.md"}');
const _sfc_main = { name: "api/exporter-base/sockets/interfaces/NetworkAddress.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-networkaddress" tabindex="-1">Interface: NetworkAddress <a class="header-anchor" href="#interface-networkaddress" aria-label="Permalink to &quot;Interface: NetworkAddress&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/transports/address.ts#L5" target="_blank" rel="noreferrer">packages/exporter-base/src/transports/address.ts:5</a></p><p>Where a server listens on a network.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="host" tabindex="-1">host <a class="header-anchor" href="#host" aria-label="Permalink to &quot;host&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">host</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: string;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/transports/address.ts#L7" target="_blank" rel="noreferrer">packages/exporter-base/src/transports/address.ts:7</a></p><p>A name, or an IP address without brackets.</p><hr><h3 id="port" tabindex="-1">port <a class="header-anchor" href="#port" aria-label="Permalink to &quot;port&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">port</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: number;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/transports/address.ts#L9" target="_blank" rel="noreferrer">packages/exporter-base/src/transports/address.ts:9</a></p><p>1 to 65535.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/sockets/interfaces/NetworkAddress.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const NetworkAddress = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  NetworkAddress as default
};
