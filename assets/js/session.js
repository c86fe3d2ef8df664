// session.js keeps an open page in step with the session. The server decides who is signed in and what a
// fragment shows; this script only says when to ask it, and does two things that markup can't: copy a text,
// and say that no answer came. It needs no more than script-src 'self', and htmx 4 for the fragments. Without it
// every page still works. Its markup:
//
//   [data-session="K"]         the login state. K is "" signed out, else a short opaque string, another one
//                              for each session. "session:check" on document means: ask the server now.
//   [data-offline] hidden      a line in the target of a fragment request, shown when no answer came.
//   [data-copy="#id"] hidden   a button that copies the text of that element, and says so in the nearest
//                              [role=status]: beside it, or else beside what it stands in.
//
// Comments must have lines of their own: they are left out of what is served (strip.go).
{
	const all = (selector) => document.querySelectorAll(selector);
	const on = (type, act, target = document) => target.addEventListener(type, act);
	const key = () => all("[data-session]")[0]?.dataset.session;
	const check = () => document.dispatchEvent(new Event("session:check"));

	// Coming back to a tab raises both events together, and people flick through tabs: one check in two seconds.
	// Time runs from the start of the navigation, so a page that was just fetched isn't checked either.
	let checked = 0;
	const cameBack = (event) => {
		if (document.hidden || event.timeStamp - checked < 2000) return;
		checked = event.timeStamp;
		check();
	};
	on("visibilitychange", cameBack);
	on("focus", cameBack, window);

	// The tabs of a browser tell each other their key. Who holds another one asks the server: the message proves nothing.
	let channel;
	const listen = () => {
		channel = new BroadcastChannel("session");
		channel.onmessage = (event) => event.data !== key() && check();
	};
	listen();

	// A page in the back/forward cache is thrown out when a message reaches it: hang up when it is left.
	// When it is shown again, it is as old as the visit: ask.
	on("pagehide", () => channel.close(), window);
	on("pageshow", (event) => {
		if (!event.persisted) return;
		checked = event.timeStamp;
		listen();
		check();
	}, window);

	// What is new in the page: all of it at its start, later every piece that htmx has swapped in.
	let announced;
	const arrived = () => {
		all("[data-copy]").forEach((button) => button.hidden = false);
		if (announced !== key()) channel.postMessage(announced = key());
	};
	arrived();
	on("htmx:after:process", arrived);

	// htmx:error is the network, or no answer within htmx's timeout. Answers with an error status are swapped in.
	// Hidden while the next try is under way, so that its failure is announced again.
	const offline = (hidden) => (event) => {
		const line = event.detail.ctx?.target?.querySelector("[data-offline]");
		if (!line) return;
		line.hidden = hidden;
		// The loader asks whether anybody has told it.
		if (!hidden) event.preventDefault();
	};
	on("htmx:before:request", offline(true));
	on("htmx:error", offline(false));

	on("click", async (event) => {
		const button = event.target.closest("[data-copy]");
		if (!button) return;
		const source = all(button.dataset.copy)[0];
		let status;
		for (let near = button; near && !status; near = near.parentElement) status = near.querySelector("[role=status]");
		const say = (text) => status && (status.textContent = text);
		// The same text again would not be announced.
		say("");
		try {
			await navigator.clipboard.writeText(source.textContent);
			say("Copied");
		} catch {
			// Refused, or not a secure context.
			getSelection().selectAllChildren(source);
			say("Selected, ready to copy");
		}
	});

	// Who leaves a tab while its page fades in cuts the transition short, which browsers report as an error of the page.
	on("pagereveal", (event) => event.viewTransition?.ready.catch(() => {}), window);
}
