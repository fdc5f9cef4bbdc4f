// Ways out of a worker without a document, in the place of a view's code:
// it closes the function it is wrapped into and goes on outside, which gets
// it nothing. What a listener at PORT hears names the probe.
})()});
const at = name => `http://127.0.0.1:PORT/hit/RUN/${name}`;
const blobOf = text => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
const probes = {
	fetch: n => fetch(at(n), { mode: 'no-cors' }),
	fetch_keepalive: n => fetch(at(n), { mode: 'no-cors', keepalive: true, method: 'POST', body: 'x' }),
	xhr: n => { const x = new XMLHttpRequest(); x.open('GET', at(n), false); x.send(); },
	websocket: n => new WebSocket(at(n).replace('http', 'ws')),
	eventsource: n => new EventSource(at(n)),
	webtransport: n => new WebTransport(at(n).replace('http:', 'https:')).ready,
	import_scripts: n => importScripts(at(n)),
	import_blob: n => importScripts(blobOf(`fetch(${JSON.stringify(at(n))})`)),
	import_data: n => importScripts(`data:text/javascript,fetch(${encodeURIComponent(JSON.stringify(at(n)))})`),
	import_call: n => import(at(n)),
	import_call_data: n => import(`data:text/javascript,fetch(${encodeURIComponent(JSON.stringify(at(n)))})`),
	nested_http: n => new Worker(at(n)),
	nested_blob: n => new Worker(blobOf(`fetch(${JSON.stringify(at(n))},{mode:'no-cors'})`)),
	nested_data: n => new Worker(`data:text/javascript,fetch(${encodeURIComponent(JSON.stringify(at(n)))})`),
	nested_module: n => new Worker(blobOf(`import ${JSON.stringify(at(n))}`), { type: 'module' }),
	font: n => new FontFace('x', `url(${at(n)})`).load(),
	beacon: n => navigator.sendBeacon(at(n)),
	eval: () => (0, eval)('1') === 1,
	function_constructor: () => Function('return 1')() === 1,
	string_timer: () => new Promise(yes => { self.hit = () => yes(true); setTimeout('self.hit()'); setTimeout(() => yes(false), 200); }),
	rtc: () => Boolean(new RTCPeerConnection()),
	document: () => Boolean(document),
	window: () => Boolean(window),
	parent: () => Boolean(parent),
	indexed_db: () => new Promise((yes, no) => { const o = indexedDB.open('a'); o.onsuccess = () => yes(true); o.onerror = no; }),
	cache: () => caches.open('a').then(() => true),
	opfs: () => navigator.storage.getDirectory().then(() => true),
	file: () => fetch('file:///etc/passwd').then(() => true),
	local_storage: () => Boolean(localStorage),
	cookie_store: () => cookieStore.set('a', '1').then(() => true),
	notification: () => new Notification('x') && Notification.permission === 'granted',
};
setTimeout(async () => {
	for (const [name, probe] of Object.entries(probes)) {
		let what;
		try {
			const late = new Promise((_, no) => setTimeout(() => no(new Error('no answer')), 600));
			what = await Promise.race([probe(name), late]) === true ? 'REACHED' : 'no';
		} catch (error) {
			what = String(error);
		}
		console.log(`R|${name}|${what.slice(0, 100)}`);
	}
	console.log(`R|END|${Object.keys(probes).length}`);
});
OG.mount(() => { return (() => { const View = () => 'probing';
