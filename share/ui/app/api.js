// Requests to the server this page came from. The session is a cookie that
// no script can read; what changes something carries the token against
// forged requests as well. Every failure becomes an ApiError whose message
// can be shown to a reader.

export class ApiError extends Error {
	constructor(status, message, hint = '') {
		super(message);
		this.status = status;
		this.hint = hint;
	}
}

const AWAY = 'The server cannot be reached';
let csrf = '';
let hooks = { expired() {}, reached() {}, away() {} };

export const setToken = token => {
	csrf = token ?? '';
};

// {expired(): the session is over; reached(), away(): whether the server answers}
export const onConnection = given => {
	hooks = { ...hooks, ...given };
};

async function problemOf(response) {
	let said = {};

	try {
		said = await response.json();
	} catch {
		// no JSON: the status has to say it
	}
	if (response.status === 429)
		said.hint ??= `Try again in ${Number(response.headers.get('Retry-After')) || 1} s.`;
	const words = typeof said?.detail === 'string' ? said.detail : `The server answered ${response.status}`;
	return new ApiError(response.status, words, typeof said?.hint === 'string' ? said.hint : '');
}

// A fetch that tells who listens whether the server is there.
export async function reach(path, options) {
	let response;

	try {
		response = await fetch(path, {
			credentials: 'same-origin',
			cache: 'no-store',
			redirect: 'error',
			...options,
		});
	} catch (error) {
		if (error.name !== 'AbortError')
			hooks.away();
		throw error.name === 'AbortError' ? error : new ApiError(0, AWAY);
	}
	hooks.reached();
	return response;
}

export async function request(method, path, { body, key, signal, as = 'json' } = {}) {
	const headers = { Accept: as === 'json' ? 'application/json' : '*/*' };

	if (body !== undefined)
		headers['Content-Type'] = 'application/json';
	if (method !== 'GET')
		headers['X-OG-CSRF'] = csrf;
	if (key)
		headers['Idempotency-Key'] = key;
	const response = await reach(path, { method, headers, signal, body: body && JSON.stringify(body) });
	if (!response.ok) {
		const problem = await problemOf(response);
		if (response.status === 401 && !path.startsWith('/api/auth/login'))
			hooks.expired();
		throw problem;
	}
	return as === 'json' ? response.json() : response.text();
}

export const get = (path, options) => request('GET', path, options);
export const post = (path, body = {}, options) => request('POST', path, { body, ...options });
