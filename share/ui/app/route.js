// Where one is: #/tasks/ID?state=done. The address survives signing in, a
// reload and a restart of the server, and the back button works.
import { useMemo, useSyncExternalStore } from 'react';

function parse(hash) {
	const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
	const [section = '', id = ''] = path.split('/');

	return { section: section || 'command', id: decode(id), query: new URLSearchParams(query) };
}

function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return '';
	}
}

export const go = path => {
	location.hash = '#/' + path;
};

export const taskPath = id => `#/tasks/${encodeURIComponent(id)}`;

function subscribe(moved) {
	addEventListener('hashchange', moved);
	return () => removeEventListener('hashchange', moved);
}

// It looks again once it listens: a move while the page begins is not missed.
export function useRoute() {
	const hash = useSyncExternalStore(subscribe, () => location.hash);

	return useMemo(() => parse(hash), [hash]);
}
