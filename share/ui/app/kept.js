// What a tab keeps for one principal while it is open: the history of the
// command box, its draft, the tasks it began. Another principal in the same
// tab never sees it. Storage can be full or forbidden; then nothing is kept.
const nameOf = (principal, what) => `og:${principal}:${what}`;

export function kept(principal, what, fallback) {
	try {
		return JSON.parse(sessionStorage.getItem(nameOf(principal, what))) ?? fallback;
	} catch {
		return fallback;
	}
}

export function keep(principal, what, value) {
	try {
		sessionStorage.setItem(nameOf(principal, what), JSON.stringify(value));
	} catch {
		// kept nowhere, then
	}
}

// The theme is the browser's, not a principal's.
export function themeKept() {
	try {
		const theme = localStorage.getItem('og:theme');
		return theme === 'dark' || theme === 'light' ? theme : undefined;
	} catch {
		return undefined;
	}
}

export function keepTheme(theme) {
	try {
		localStorage.setItem('og:theme', theme);
	} catch {
		// only until the page is left
	}
}
