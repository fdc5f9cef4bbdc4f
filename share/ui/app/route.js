// Where one is: #/tasks/ID?state=done. The address survives signing in, a
// reload and a restart of the server, and the back button works.
import { useEffect, useState } from 'react';

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

export function useRoute() {
	const [route, setRoute] = useState(() => parse(location.hash));

	useEffect(() => {
		const moved = () => setRoute(parse(location.hash));

		addEventListener('hashchange', moved);
		return () => removeEventListener('hashchange', moved);
	}, []);
	return route;
}
