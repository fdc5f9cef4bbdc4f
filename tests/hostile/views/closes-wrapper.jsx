<Text>a</Text>);} evil(); function View2(){ return (<Text/>
