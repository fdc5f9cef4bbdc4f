<Grid>{/* 
</Grid>
