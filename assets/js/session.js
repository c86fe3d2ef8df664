// session.js sets up htmx, keeps an open page in step with the session, and copies texts. The server decides who is
// signed in and what a fragment shows; the script only decides when to ask. Without it every page still works.
// It needs script-src 'self' and connect-src 'self'. A page that uses htmx loads htmx first:
//
//   <script src="htmx.js" defer></script>
//   <script src="app.js" defer></script>
//
//   [data-session="KEY"]       the login state. KEY names the session and is empty if nobody is signed in.
//                              The event session:check on document asks the server for a change.
//   [data-offline] hidden      a line in the target of a fragment request, shown if the request gets no answer.
//   [data-copy="#id"] hidden   a button that copies the text of #id and reports to the nearest [role=status].
//   a[data-copy]               a link that copies the text it leads to, and leads there if that fails.
{
	const find = (selector) => document.querySelector(selector);
	const on = (type, listener, target = document) => target.addEventListener(type, listener);
	const loginState = () => find("[data-session]");
	const sessionKey = () => loginState()?.dataset.session;
	const checkSession = () => document.dispatchEvent(new Event("session:check"));

	// An element with the id "htmx" is window.htmx too, but it has no config.
	const htmx = window.htmx?.config ? window.htmx : null;

	if (htmx) {
		// A page's own <meta name="htmx-config"> replaces these settings.
		if (!find("meta[name=htmx-config]")) Object.assign(htmx.config, {
			history: false, // no fragment changes the address
			defaultTimeout: 15000, // milliseconds
			// A morph keeps an opened <details> open and a copy button visible, so that neither loses the focus.
			morphIgnore: ["data-htmx-powered", "open"],
			morphSkip: "[hx-morph-skip], [data-copy]",
		});
		// The Content-Security-Policy allows this policy by its name. The server's HTML passes unchanged; a script in
		// a fragment is emptied.
		const rules = {createHTML: (html) => html, createScript: () => ""};
		const policy = window.trustedTypes?.createPolicy("htmx", rules) ?? rules;
		htmx.registerExtension("trusted-types", {init: (api) => api.initSecurity(policy)});
	} else {
		// Without htmx the login state cannot be swapped, so the page is loaded again if the session is another one.
		on("session:check", async () => {
			const url = loginState()?.dataset.hxGet;
			const response = url && await fetch(url).catch(() => null);
			if (response?.status === 200) location.reload();
		});
	}

	// Returning to a tab raises both events, so checks are at least two seconds apart. timeStamp counts from the start
	// of the navigation: a page that was just loaded is not checked.
	let lastCheck = 0;
	const checkOnReturn = (event) => {
		if (document.hidden || event.timeStamp - lastCheck < 2000) return;
		lastCheck = event.timeStamp;
		checkSession();
	};
	on("visibilitychange", checkOnReturn);
	on("focus", checkOnReturn, window);

	// Tabs tell each other their key. A tab with another key asks the server, because the message proves nothing.
	let channel;
	const openChannel = () => {
		channel = new BroadcastChannel("session");
		channel.onmessage = (event) => event.data !== sessionKey() && checkSession();
	};
	openChannel();

	// The browser drops a page from the back/forward cache when a message reaches it, so the channel is closed meanwhile.
	// A page that comes back from the cache is as old as the last visit and is checked.
	on("pagehide", () => channel.close(), window);
	on("pageshow", (event) => {
		if (!event.persisted) return;
		lastCheck = event.timeStamp;
		openChannel();
		checkSession();
	}, window);

	// Runs when the page starts and after each swap.
	let announcedKey;
	const update = () => {
		document.querySelectorAll("[data-copy]").forEach((button) => button.hidden = false);
		if (announcedKey !== sessionKey()) channel.postMessage(announcedKey = sessionKey());
	};
	update();
	on("htmx:after:process", update);

	// htmx:error means that the network failed or htmx's timeout passed; an answer with an error status is swapped in.
	// The next request hides the line, so that a second failure is announced again.
	const setOffline = (offline) => (event) => {
		const line = event.detail.ctx?.target?.querySelector("[data-offline]");
		if (line) line.hidden = !offline;
	};
	on("htmx:before:request", setOffline(false));
	on("htmx:error", setOffline(true));

	// Screen readers hear that the target is busy.
	const setBusy = (busy) => (event) => event.detail.ctx?.target?.setAttribute?.("aria-busy", busy);
	on("htmx:before:request", setBusy(true));
	on("htmx:finally:request", setBusy(false));

	const textOf = async (source) => {
		if (!source.href) return source.textContent;
		const response = await fetch(source.href);
		if (!response.ok) throw response;
		return response.text();
	};
	on("click", async (event) => {
		const button = event.target.closest("[data-copy]");
		if (!button) return;
		if (button.href) event.preventDefault();
		const source = button.href ? button : find(button.dataset.copy);
		let parent = button;
		while (parent && !parent.querySelector("[role=status]")) parent = parent.parentElement;
		const status = parent?.querySelector("[role=status]");
		const report = (text) => status && (status.textContent = text);
		report(""); // an unchanged text is not announced
		try {
			await navigator.clipboard.writeText(await textOf(source));
			report("Copied");
		} catch { // permission denied, or not a secure context
			if (source.href) return location.assign(source.href);
			getSelection().selectAllChildren(source);
			report("Selected. Press Ctrl+C or ⌘C.");
		}
	});
}
