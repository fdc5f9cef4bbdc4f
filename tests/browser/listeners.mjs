// What a leak would reach: an HTTP server that notes which probe came, and
// a UDP socket for WebRTC. Loopback, ports of the system's choice.
import dgram from 'node:dgram';
import http from 'node:http';

export async function listen(pages = {}) {
	const heard = new Map();
	const hitsOf = run => heard.get(run) ?? heard.set(run, new Set()).get(run);
	const note = url => {
		const [, run, name] = /^\/hit\/([a-z]+)\/([a-z_]+)/.exec(url) ?? [];

		if (run)
			hitsOf(run).add(name);
		return Boolean(run);
	};
	const server = http.createServer((request, response) => {
		response.setHeader('access-control-allow-origin', '*');
		if (!note(request.url) && request.url in pages) {
			response.setHeader('content-type', 'text/html; charset=utf-8');
			response.end(pages[request.url]());
		} else {
			response.end('x');
		}
	});
	const udp = dgram.createSocket('udp4');

	server.on('upgrade', (request, socket) => {
		note(request.url);
		socket.destroy();
	});
	let datagrams = 0;
	udp.on('message', () => datagrams++);
	await new Promise(done => server.listen(0, '127.0.0.1', done));
	await new Promise(done => udp.bind(0, '127.0.0.1', done));
	return {
		// The names of the probes of a run that came.
		hitsOf,
		datagrams: () => datagrams,
		port: server.address().port, udp: udp.address().port,
		url: path => `http://127.0.0.1:${server.address().port}${path}`,
		close() {
			server.closeAllConnections();
			server.close();
			udp.close();
		},
	};
}
