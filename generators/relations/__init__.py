"""What related tables are made with: plan, context, links, rows."""
