import fs from "fs";
export default function View() { return <Grid/>; }
