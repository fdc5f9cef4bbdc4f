// The catalogue of og-view(5), name by name; og-render --catalog prints the
// properties of each.
import { ActionButton, ActionForm } from './actions.jsx';
import { Alert } from './alert.jsx';
import { AreaChart, BarChart, LineChart } from './charts.jsx';
import { Badge, KeyValue, Meters, Metrics, Sparkline } from './figures.jsx';
import { SagaRail, Timeline, Waterfall } from './flow.jsx';
import { Graph } from './graph.jsx';
import { Empty, Grid, Page, Section, Stack, Tabs, Text } from './layout.jsx';
import { Chain, Integrity } from './ledger.jsx';
import { Citation, Code, Command, Diff } from './prose.jsx';
import { ShareBar } from './shares.jsx';
import { Table } from './table.jsx';

export const components = {
	Page, Grid, Stack, Section, Tabs, Text, Empty, Alert,
	Metrics, Sparkline, Badge, KeyValue, Meters, Table,
	BarChart, LineChart, AreaChart, ShareBar,
	SagaRail, Timeline, Waterfall, Chain, Integrity,
	Citation, Command, Code, Diff, Graph,
	ActionButton, ActionForm,
};

export const names = Object.keys(components);
