// Signing in and out, and the thread that runs while somebody is signed in.
// Tabs of one browser share the cookie, so they tell each other.
import { get, onConnection, post, setToken } from './api.js';
import { listen } from './events.js';
import { forget, may, read, taskEvent, write } from './store.js';

const tabs = typeof BroadcastChannel === 'function' ? new BroadcastChannel('og-session') : null;
let stop = () => {};

function onEvent(name, data) {
	if (name === 'task' && data?.task_id)
		taskEvent(data);
	else if (name === 'ledger')
		write({ ledger: data });
	else if (name === 'bye')
		write({ link: 'away' });
	if (name === 'task' || name === 'hello')
		countApprovals();
}

let counting = false;

// The badge beside Approvals; a burst of events asks once.
export async function countApprovals() {
	if (counting || !may('approve'))
		return;
	counting = true;
	try {
		write({ waiting: (await get('/api/approvals')).approvals?.length ?? 0 });
	} catch {
		// the section itself says what is wrong
	}
	counting = false;
}

function onState(link) {
	if (link === 'live' && read().link !== 'live')
		write({ link, turn: read().turn + 1 });
	else write({ link });
}

const POLL = 3000;

// Without a stream of events lists are fetched again now and then.
function poll() {
	if (read().session && read().link === 'polling' && !document.hidden)
		write({ turn: read().turn + 1 });
}

function begin(session) {
	stop();
	setToken(session.csrf);
	forget({ session });
	stop = listen({ onEvent, onState, onExpired: expired });
	countApprovals();
}

function end(over) {
	stop();
	setToken('');
	forget({ session: null, over });
}

// A request was answered with 401.
export function expired() {
	if (read().session)
		end('Your session is over. Sign in to go on where you were.');
}

// Who is signed in here, if anybody.
export async function resume() {
	try {
		begin(await get('/api/session'));
	} catch (error) {
		if (error.status === 401)
			end(read().session === undefined ? '' : read().over);
		else write({ session: read().session ?? undefined, link: 'away' });
		if (error.status !== 401)
			setTimeout(() => read().session === undefined && resume(), 2000);
	}
}

export async function signIn(email, password) {
	const welcome = await post('/api/auth/login', { email, password });

	setToken(welcome.csrf);
	begin(await get('/api/session'));
	tabs?.postMessage('in');
}

export async function signOut() {
	try {
		await post('/api/auth/logout');
	} catch (error) {
		if (error.status !== 401)
			throw error;
	}
	end('');
	tabs?.postMessage('out');
}

export function watchSession() {
	setInterval(poll, POLL);
	onConnection({ expired, away: () => read().link === 'live' && write({ link: 'away' }) });
	if (tabs)
		tabs.onmessage = ({ data }) => (data === 'out' ? end('You signed out in another tab.') : resume());
	resume();
}
