<Text>{"\ud800"}</Text>
