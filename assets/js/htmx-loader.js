// htmx-loader.js fetches htmx when a page first needs it. htmx weighs more than all the rest of a page together, and who
// only reads never uses it. It is fetched
//
//   at once       when an element of the page has an attribute of htmx's (data-hx-get, hx-get, …), but for these two:
//   when asked    by the login state, which waits for the event session:check on document and for nothing else;
//   on approach   of the pointer or the focus to a form that htmx sends. If it is sent before htmx is there, it waits.
//
// So htmx works as its manual says, whatever is added to a page. Its markup:
//
//   <script src="app.js" data-htmx="URL of htmx" defer></script>
//
// Scripts that need htmx when they start, such as its extensions, want it by a <script> of its own before them and this
// one. Then nothing is fetched, and htmx gets the settings below.
{
	const {dataset: {htmx: url}, nonce} = document.currentScript;
	// Heard before the page's own listeners.
	const on = (type, act) => document.addEventListener(type, act, true);
	// An element with the id htmx goes by that name too.
	const isThere = () => window.htmx?.config;
	const isHtmx = (element) => element?.getAttributeNames().some((name) => /^(data-)?hx-/.test(name));

	// Under require-trusted-types-for 'script' a script's address and the HTML of a fragment take a policy; the header names
	// it (trusted-types htmx). The server's own HTML passes; a script inside a fragment is emptied and never becomes code.
	const trusted = window.trustedTypes?.createPolicy("htmx", {
		createHTML: (html) => html,
		createScript: () => "",
		createScriptURL: () => url,
	});

	// Unless the page has its own, in <meta name="htmx-config">.
	const settings = {
		// The app changes no address by script.
		history: false,
		// Milliseconds, until a request without an answer counts as failed; that for htmx too.
		defaultTimeout: 15000,
		// An opened <details> stays open when its panel is renewed, and a copy button as session.js has made it: one that is
		// hidden again, as it was sent, loses the focus.
		morphIgnore: ["data-htmx-powered", "open"],
		morphSkip: "[hx-morph-skip], [data-copy]",
	};

	const begin = () => {
		if (!document.querySelector("meta[name=htmx-config]")) Object.assign(htmx.config, settings);
		if (trusted) htmx.registerExtension("tt", {init: (api) => api.initSecurity(trusted)});
	};

	// A promise; null after a failure, to try again when htmx is next needed.
	let coming;
	const fetchHtmx = () => coming ??= new Promise((resolve, reject) => {
		const script = document.createElement("script");
		script.src = trusted?.createScriptURL("") ?? url;
		script.nonce = nonce;
		script.onload = () => {
			clearTimeout(late);
			begin();
			htmx.process(document.body);
			resolve();
		};
		script.onerror = () => {
			coming = null;
			script.remove();
			reject();
		};
		const late = setTimeout(script.onerror, settings.defaultTimeout);
		document.head.append(script);
	});
	const ignore = () => {};

	if (isThere()) {
		begin();
	} else if (url) {
		const asked = "[data-hx-trigger='session:check from:document']";
		const waits = asked + ", form:not([data-hx-trigger], [hx-trigger])";
		if ([...document.querySelectorAll("*")].some((element) => isHtmx(element) && !element.matches(waits))) {
			fetchHtmx().catch(ignore);
		}

		const approach = (event) => coming === undefined && isHtmx(event.target.closest("form")) && fetchHtmx().catch(ignore);
		on("pointerover", approach);
		on("focusin", approach);

		// What htmx would have heard is raised again when it is there.
		on("session:check", (event) => {
			if (isThere() || !document.querySelector(asked)) return;
			fetchHtmx().then(() => document.dispatchEvent(new Event(event.type)), ignore);
		});
		let plain;
		on("submit", (event) => {
			const form = event.target;
			if (isThere() || form === plain || !isHtmx(form)) return;
			event.preventDefault();
			event.stopImmediatePropagation();
			// As htmx would tell it. Who has told the person prevents the default, which is to send the form without htmx.
			const target = document.getElementById(form.dataset.hxTarget?.slice(1));
			const tell = (type) => document.dispatchEvent(new CustomEvent(type, {cancelable: true, detail: {ctx: {target}}}));
			const busy = (is) => target?.classList.toggle("htmx-request", is);
			const send = () => form.requestSubmit(event.submitter);
			tell("htmx:before:request");
			busy(true);
			fetchHtmx().finally(() => busy(false)).then(send, () => {
				if (!tell("htmx:error")) return;
				plain = form;
				send();
			});
		});
	}
}
