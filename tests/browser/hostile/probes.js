// Ways out of a document, each tried once. It stands in place of the kit's
// runtime, so it has what no view ever gets: the frame's own script. What
// a listener at PORT hears names the run and the probe; the others say by their value
// whether they got what they wanted. Those of final end the document, so one
// of them is named and runs alone.
(() => {
	const at = name => `http://127.0.0.1:PORT/hit/RUN/${name}`;
	const say = (name, what) => console.log(`R|${name}|${String(what).slice(0, 400)}`);
	const put = (tag, set, where = document.body) => {
		const node = document.createElement(tag);
		Object.assign(node, set);
		where.append(node);
		return node;
	};
	const blobOf = (text, type) => URL.createObjectURL(new Blob([text], { type }));
	const loads = node => new Promise((yes, no) => {
		node.onload = () => yes(true);
		node.onerror = () => no(new Error('not loaded'));
	});

	// Reaching a server, judged by the server.
	const network = {
		fetch_cors: n => fetch(at(n)),
		fetch_nocors: n => fetch(at(n), { mode: 'no-cors' }),
		fetch_keepalive: n => fetch(at(n), { mode: 'no-cors', keepalive: true, method: 'POST', body: 'x' }),
		fetch_later: n => fetchLater(at(n), { activateAfter: 0 }),
		xhr: n => { const x = new XMLHttpRequest(); x.open('GET', at(n)); x.send(); },
		xhr_sync: n => { const x = new XMLHttpRequest(); x.open('GET', at(n), false); x.send(); },
		beacon: n => { navigator.sendBeacon(at(n), 'x'); }, // true whatever becomes of it
		websocket: n => new WebSocket(at(n).replace('http', 'ws')),
		eventsource: n => new EventSource(at(n)),
		webtransport: n => new WebTransport(at(n).replace('http:', 'https:')).ready,
		image: n => { new Image().src = at(n); },
		image_srcset: n => put('img', { srcset: `${at(n)} 1x` }),
		image_input: n => put('input', { type: 'image', src: at(n) }),
		image_svg: n => {
			const svg = put('div', {}).appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
			svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'image')).setAttribute('href', at(n));
		},
		svg_use: n => {
			const svg = put('div', {}).appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
			svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'use')).setAttribute('href', `${at(n)}#a`);
		},
		video: n => put('video', { src: at(n), preload: 'auto' }),
		poster: n => put('video', { poster: at(n) }),
		audio: n => put('audio', { src: at(n), preload: 'auto' }),
		media_source: n => put('source', { src: at(n) }, put('video', { preload: 'auto' })),
		css_style: n => { put('div', {}).style.backgroundImage = `url(${at(n)})`; },
		css_element: n => put('style', { textContent: `body{background:url(${at(n)})}` }),
		css_import: n => put('style', { textContent: `@import url(${at(n)});` }),
		css_adopted: n => {
			const sheet = new CSSStyleSheet();
			sheet.replaceSync(`html{background:url(${at(n)})}`);
			document.adoptedStyleSheets = [sheet];
		},
		css_link: n => put('link', { rel: 'stylesheet', href: at(n) }),
		font: n => new FontFace('x', `url(${at(n)})`).load(),
		prefetch: n => put('link', { rel: 'prefetch', href: at(n) }, document.head),
		preload: n => put('link', { rel: 'preload', as: 'image', href: at(n) }, document.head),
		preload_fetch: n => put('link', { rel: 'preload', as: 'fetch', href: at(n), crossOrigin: '' }, document.head),
		modulepreload: n => put('link', { rel: 'modulepreload', href: at(n) }, document.head),
		icon: n => put('link', { rel: 'icon', href: at(n) }, document.head),
		manifest: n => put('link', { rel: 'manifest', href: at(n) }, document.head),
		script_src: n => put('script', { src: at(n) }),
		script_module: n => put('script', { type: 'module', src: at(n) }),
		import_call: n => import(at(n)),
		import_inline: n => put('script', { type: 'module', textContent: `import ${JSON.stringify(at(n))}` }),
		iframe: n => put('iframe', { src: at(n) }),
		iframe_fenced: n => put('fencedframe', { config: new FencedFrameConfig(at(n)) }),
		object: n => put('object', { data: at(n) }),
		embed: n => put('embed', { src: at(n) }),
		form_iframe: n => {
			const frame = put('iframe', { name: 'f1' });
			put('form', { action: at(n), target: frame.name, method: 'post' }).submit();
		},
		worker_http: n => new Worker(at(n)),
		worker_import: n => new Worker(blobOf(`importScripts(${JSON.stringify(at(n))})`, 'text/javascript')),
		worker_fetch: n => new Worker(blobOf(`fetch(${JSON.stringify(at(n))},{mode:'no-cors'})`, 'text/javascript')),
		worker_data: n => new Worker(`data:text/javascript,fetch(${encodeURIComponent(JSON.stringify(at(n)))},{mode:'no-cors'})`),
		shared_worker: n => new SharedWorker(blobOf(`fetch(${JSON.stringify(at(n))},{mode:'no-cors'})`, 'text/javascript')),
		service_worker: n => navigator.serviceWorker.register(at(n)),
		worklet: n => CSS.paintWorklet.addModule(at(n)),
		speculation: n => put('script', { type: 'speculationrules',
			textContent: JSON.stringify({ prefetch: [{ source: 'list', urls: [at(n)] }] }) }),
		report_meta: n => {
			put('meta', { httpEquiv: 'Content-Security-Policy', content: `img-src 'none'; report-uri ${at(n)}` }, document.head);
			new Image().src = 'http://127.0.0.1:1/';
		},
		xslt: n => {
			const sheet = new DOMParser().parseFromString(`<x xmlns:xsl="http://www.w3.org/1999/XSL/Transform">` +
				`<xsl:include href="${at(n)}"/></x>`, 'text/xml');
			new XSLTProcessor().importStylesheet(sheet);
		},
		parent_image: n => { const i = new parent.Image(); i.src = at(n); },
		rtc: async () => {
			const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:UDP' },
				{ urls: 'turn:127.0.0.1:UDP?transport=udp', username: 'u', credential: 'c' }] });
			peer.createDataChannel('x');
			await peer.setLocalDescription(await peer.createOffer());
			await new Promise(done => setTimeout(done, 1500));
		},
	};

	// Getting hold of something: true when it was had.
	const reach = {
		eval: () => (0, eval)('1') === 1,
		function_constructor: () => Function('return 1')() === 1,
		async_function: async () => (await (async () => {}).constructor('return 1')()) === 1,
		string_timer: () => new Promise(done => {
			window.hitTimer = () => done(true);
			setTimeout('window.hitTimer()', 1);
			setTimeout(() => done(false), 200);
		}),
		inner_html: () => { document.createElement('div').innerHTML = '<b>x</b>'; return true; },
		insert_adjacent: () => { document.body.insertAdjacentHTML('beforeend', '<i></i>'); return true; },
		document_write: () => { document.write('<i></i>'); return true; },
		fragment: () => Boolean(document.createRange().createContextualFragment('<i></i>')),
		parser_html: () => Boolean(new DOMParser().parseFromString('<i></i>', 'text/html').body),
		inline_script: () => { put('script', { textContent: 'window.hitInline=1' }); return window.hitInline === 1; },
		inline_handler: () => {
			const node = put('b', {});
			node.setAttribute('onclick', 'window.hitHandler=1');
			node.click();
			return window.hitHandler === 1;
		},
		javascript_url: async () => {
			put('a', { href: 'javascript:void(window.hitUrl=1)' }).click();
			await new Promise(done => setTimeout(done, 50));
			return window.hitUrl === 1;
		},
		new_policy: () => Boolean(trustedTypes.createPolicy('p', { createHTML: x => x })),
		blob_worker: () => new Promise((yes, no) => {
			const worker = new Worker(blobOf('postMessage(1)', 'text/javascript'));
			worker.onmessage = () => yes(true);
			worker.onerror = () => no(new Error('no worker'));
		}),
		iframe_srcdoc: () => loads(put('iframe', { srcdoc: '<i></i>' })).then(() => false),
		iframe_data: () => new Promise(yes => {
			addEventListener('message', e => e.data === 'from data' && yes(true));
			put('iframe', { src: 'data:text/html,<script>parent.postMessage("from data","*")</script>' });
			setTimeout(() => yes(false), 400);
		}),
		fresh_realm: () => Boolean(put('iframe', {}).contentWindow.eval?.('1')),
		parent_document: () => Boolean(parent !== window && parent.document.title),
		top_document: () => Boolean(top !== window && top.document.title),
		parent_spec: () => Boolean(parent !== window && parent.document.getElementById('og-spec').textContent),
		frame_element: () => Boolean(window.frameElement),
		parent_location: () => Boolean(parent !== window && String(parent.location.href)),
		cookie: () => { document.cookie = 'a=1'; return document.cookie.includes('a=1'); },
		local_storage: () => { localStorage.setItem('a', 1); return true; },
		session_storage: () => { sessionStorage.setItem('a', 1); return true; },
		indexed_db: () => new Promise((yes, no) => {
			const open = indexedDB.open('a');
			open.onsuccess = () => yes(true);
			open.onerror = () => no(open.error);
		}),
		cache: () => caches.open('a').then(() => true),
		opfs: () => navigator.storage.getDirectory().then(() => true),
		locks: () => navigator.locks.request('a', () => true),
		clipboard_read: () => navigator.clipboard.readText().then(() => true),
		clipboard_write: () => navigator.clipboard.writeText('x').then(() => true),
		geolocation: () => new Promise((yes, no) => navigator.geolocation.getCurrentPosition(() => yes(true), no)),
		camera: () => navigator.mediaDevices.getUserMedia({ video: true }).then(() => true),
		notification: () => Notification.requestPermission().then(p => p === 'granted'),
		fullscreen: () => document.documentElement.requestFullscreen().then(() => true),
		popup: () => Boolean(window.open('about:blank')),
		alert: () => { const before = performance.now(); alert('x'); return performance.now() - before > 50; },
		file_fetch: () => fetch('file:///etc/passwd').then(() => true),
	};

	// What ends or replaces the document; each has a page of its own.
	const final = {
		form_post: n => put('form', { action: at(n), method: 'post' }).submit(),
		form_get_top: n => put('form', { action: at(n), target: '_top' }).submit(),
		anchor_top: n => put('a', { href: at(n), target: '_top' }).click(),
		anchor_blank: n => put('a', { href: at(n), target: '_blank' }).click(),
		anchor_download: n => put('a', { href: at(n), download: 'x' }).click(),
		anchor_ping: n => put('a', { href: '#x', ping: at(n) }).click(),
		window_open: n => { window.open(at(n)); },
		top_location: n => { top.location = at(n); },
		parent_replace: n => parent.location.replace(at(n)),
		self_http: n => { location.href = at(n); },
		self_replace: n => location.replace(at(n)),
		meta_refresh: n => put('meta', { httpEquiv: 'refresh', content: `0;url=${at(n)}` }, document.head),
		self_data: n => { location.href = `data:text/html,<img src=${at(n)}>`; },
		self_blob: n => { location.href = blobOf(`<img src=${at(n)}>`, 'text/html'); },
		self_javascript: n => { location.href = `javascript:"<img src=${at(n)}>"`; },
		base_anchor: n => { put('base', { href: at(n) }, document.head); put('a', { href: '?x' }).click(); },
	};

	async function tryOne(name, probe) {
		const late = new Promise((_, no) => setTimeout(() => no(new Error('no answer')), 2500));
		try {
			say(name, await Promise.race([probe(name), late]) === true ? 'REACHED' : 'no');
		} catch (error) {
			say(name, `${error?.name}: ${error?.message}`);
		}
	}

	async function all() {
		const only = /*ONLY*/ null;
		if (only) {
			await tryOne(only, final[only]);
			return;
		}
		await Promise.all(Object.entries(network).map(([name, probe]) => tryOne(name, probe)));
		for (const [name, probe] of Object.entries(reach))
			await tryOne(name, probe);
		say('END', Object.keys(network).length + Object.keys(reach).length);
	}
	say('FINAL', Object.keys(final).join(' '));
	// Enough of the protocol that the page around believes in a view.
	parent.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/initialized', params: {} }, '*');
	addEventListener('message', event => event.data?.method === 'ping' &&
		parent.postMessage({ jsonrpc: '2.0', id: event.data.id, result: {} }, '*'));
	all();
})();
